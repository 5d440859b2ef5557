// System.Net.Mail.SmtpClient knows no OAuth: it sends through the mail gateway, with the identifier as its password.
// GATEWAY_HOST, GATEWAY_PORT, MAILBOX and IDENTIFIER come from the environment; GATEWAY_TLS=yes where the gateway has a
// certificate (--certificate), which it needs everywhere but on this very machine.

using System;
using System.Net;
using System.Net.Mail;

class SendThroughGateway {
	static string Setting(string name) {
		var value = Environment.GetEnvironmentVariable(name);
		if (string.IsNullOrEmpty(value)) throw new InvalidOperationException(name + " is missing");
		return value;
	}

	static int Main() {
		var mailbox = Setting("MAILBOX");
		var client = new SmtpClient(Setting("GATEWAY_HOST"), int.Parse(Setting("GATEWAY_PORT"))) {
			EnableSsl = Environment.GetEnvironmentVariable("GATEWAY_TLS") == "yes",
			Credentials = new NetworkCredential(mailbox, Setting("IDENTIFIER")),
		};
		try {
			client.Send(new MailMessage(mailbox, mailbox, "Hello from C#", "Hello"));
			Console.WriteLine("sent");
			return 0;
		} catch (SmtpException problem) {
			// The gateway's own words: what is wrong, and who can mend it.
			Console.Error.WriteLine(problem.Message);
			return 1;
		}
	}
}
