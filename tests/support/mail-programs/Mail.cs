// Mono: System.Net.Mail, which only sends.
using System;
using System.Net;
using System.Net.Mail;
using System.Text;

class Mail {
	static int Main(string[] args) {
		var client = new SmtpClient("127.0.0.1", int.Parse(args[2])) {
			EnableSsl = false,
			Credentials = new NetworkCredential(args[3], args[4]),
		};
		var text = new string('x', 5000000);
		var message = new MailMessage(args[3], args[5], "Gr\u00fc\u00dfe, \u03a3", text) {
			SubjectEncoding = Encoding.UTF8,
		};
		try {
			client.Send(message);
			return 0;
		} catch (SmtpException problem) {
			Console.WriteLine(problem.Message);
			return 1;
		}
	}
}
