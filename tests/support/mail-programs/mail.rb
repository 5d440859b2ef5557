# Ruby: net/imap, net/pop and net/smtp.
require 'digest'
require 'net/imap'
require 'net/pop'
require 'net/smtp'

imap, pop, smtp, user, password, to = ARGV
client = Net::IMAP.new('127.0.0.1', port: imap.to_i)
client.login(user, password)
client.select('INBOX')
first = client.fetch(1, ['ENVELOPE', 'BODY[2]'])[0]
puts first.attr['ENVELOPE'].subject[/=\?utf-8\?B\?(.*)\?=/, 1].unpack1('m').force_encoding('utf-8')
puts Digest::MD5.hexdigest(first.attr['BODY[2]'].unpack1('m'))
client.append('INBOX', "From: <#{user}>\r\nSubject: kept by Ruby\r\n\r\nHello\r\n")
client.logout
Net::POP3.start('127.0.0.1', pop.to_i, user, password) do |post|
  puts 'by POP3 too' unless post.mails.empty?
end
sender = Net::SMTP.new('127.0.0.1', smtp.to_i)
sender.disable_starttls
sender.start('laptop.', user, password, :plain) do
  subject = 'Subject: =?utf-8?B?R3LDvMOfZSwgzqM=?='
  sender.send_message("#{subject}\r\n\r\n#{['x' * 3_750_000].pack('m')}", user, to)
end
