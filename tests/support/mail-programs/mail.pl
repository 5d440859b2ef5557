# Perl: Mail::IMAPClient, Net::POP3 and Net::SMTP.
use strict;
use warnings;
use Digest::MD5 'md5_hex';
use Encode 'decode';
use Mail::IMAPClient;
use MIME::Base64;
use Net::POP3;
use Net::SMTP;

my ($imap, $pop, $smtp, $user, $password, $to) = @ARGV;
binmode STDOUT, ':utf8';
my $sender = Net::SMTP->new('127.0.0.1', Port => $smtp) or die 'no SMTP';
$sender->auth($user, $password) or die $sender->message;
my $client = Mail::IMAPClient->new(
	Server => '127.0.0.1', Port => $imap, User => $user, Password => $password, Uid => 1
) or die $@;
$client->select('INBOX');
my ($first) = $client->messages;
print decode('MIME-Header', $client->subject($first)), "\n";
print md5_hex(decode_base64($client->bodypart_string($first, 2))), "\n";
$client->append_string('INBOX', "From: <$user>\r\nSubject: kept by Perl\r\n\r\nHello\r\n") or die $@;
$client->logout;
my $post = Net::POP3->new('127.0.0.1', Port => $pop) or die 'no POP3';
print "by POP3 too\n" if $post->login($user, $password) > 0;
$post->quit;
$sender->mail($user) or die $sender->message;
$sender->to($to) or die $sender->message;
$sender->data("Subject: =?utf-8?B?R3LDvMOfZSwgzqM=?=\r\n\r\n" . encode_base64('x' x 3_750_000))
	or die $sender->message;
$sender->quit;
