// A mail engine in C# without any package: asks the helper for a login, reads the INBOX, and with --send sends a message.
// HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing.
// It compiles with .NET and with Mono (mcs Mail.cs). With MailKit, ReadInbox and Send come down to
// client.Connect(host, port, …), client.Authenticate(new SaslMechanismOAuth2(user, accessToken)) and what it does after.
// For System.Net.Mail.SmtpClient, which knows passwords alone, see SmtpClient.cs.

using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

// The mail server takes no such token: ask for another one, and log in once more.
class LoginRefused : Exception {
	public LoginRefused(string reason) : base(reason) { }
}

class Problem : Exception {
	public Problem(string reason) : base(reason) { }
}

// What the helper answered. Its values hold no quotes: tokens are base64, hosts and mailboxes are plain.
class Login {
	readonly string answer;

	public Login(string answer) { this.answer = answer; }

	public string Field(string name) {
		return Regex.Match(answer, "\"" + name + "\":\"([^\"]*)\"").Groups[1].Value;
	}

	public string Of(string protocol, string name) {
		var found = Regex.Match(answer, "\"" + protocol + "\":\\{[^}]*\"" + name + "\":\"?([^\",}]*)");
		if (!found.Success) throw new Problem(protocol + " was not granted");
		return found.Groups[1].Value;
	}
}

// Lines to and from a mail server.
class Wire : IDisposable {
	const int TimeoutMs = 60000;
	readonly TcpClient client;
	readonly string host;
	Stream stream;
	StreamReader reader;

	public Wire(Login login, string protocol) {
		host = login.Of(protocol, "host");
		client = new TcpClient(host, int.Parse(login.Of(protocol, "port")));
		client.ReceiveTimeout = client.SendTimeout = TimeoutMs;
		Use(client.GetStream());
		if (login.Of(protocol, "security") == "tls") StartTls();
	}

	public void StartTls() {
		var secured = new SslStream(stream, false);
		secured.AuthenticateAsClient(host);
		Use(secured);
	}

	void Use(Stream next) {
		stream = next;
		reader = new StreamReader(next, Encoding.UTF8);
	}

	public void Write(string line) {
		var bytes = Encoding.UTF8.GetBytes(line + "\r\n");
		stream.Write(bytes, 0, bytes.Length);
	}

	public string Read() {
		var line = reader.ReadLine();
		if (line == null) throw new IOException("the mail server closed the connection");
		return line;
	}

	public void Dispose() { client.Close(); }
}

class Mail {
	const int HelperTimeoutMs = 40000; // Longer than the helper waits for Microsoft.

	static string Setting(string name) {
		var value = Environment.GetEnvironmentVariable(name);
		if (string.IsNullOrEmpty(value)) throw new Problem(name + " is missing");
		return value;
	}

	static Login Resolve(int minTtl) {
		for (var wait = 2; ; wait *= 2) {
			string reason;
			var seconds = wait;
			try {
				return new Login(Ask(minTtl));
			} catch (WebException error) {
				var response = error.Response as HttpWebResponse;
				var status = response == null ? 0 : (int)response.StatusCode;
				reason = response == null ? "the helper does not answer: " + error.Message : Explain(response);
				// 429, 5xx and no answer pass by themselves. With any other a person has to act.
				if (status != 0 && status != 429 && status < 500) throw new Problem(reason);
				int told;
				if (response != null && int.TryParse(response.Headers["Retry-After"], out told)) {
					seconds = Math.Min(Math.Max(told, 1), 3600);
				}
			} catch (IOException error) {
				reason = "the helper’s answer is not understood: " + error.Message;
			}
			if (wait > 16) throw new Problem(reason);
			Thread.Sleep(seconds * 1000);
		}
	}

	static string Ask(int minTtl) {
		var request = (HttpWebRequest)WebRequest.Create(Setting("HELPER") + "/api/v1/resolve");
		request.Method = "POST";
		request.Timeout = HelperTimeoutMs;
		request.AllowAutoRedirect = false; // The site key goes to the helper and nowhere else.
		request.ContentType = "application/json";
		request.Headers["Authorization"] = "Bearer " + Setting("SITE_KEY");
		var body = Encoding.UTF8.GetBytes(
			"{\"identifier\":\"" + Setting("IDENTIFIER") + "\",\"min_ttl\":" + minTtl + "}");
		using (var stream = request.GetRequestStream()) stream.Write(body, 0, body.Length);
		using (var response = request.GetResponse()) {
			var answer = new StreamReader(response.GetResponseStream()).ReadToEnd();
			if (!answer.Contains("\"access_token\":")) throw new IOException("it has no access token");
			return answer;
		}
	}

	static string Explain(HttpWebResponse response) {
		var fault = new Login(new StreamReader(response.GetResponseStream()).ReadToEnd());
		if (fault.Field("error") == "") return "the helper answers " + (int)response.StatusCode + ", without a reason";
		return fault.Field("error") + ": " + fault.Field("message") + " " + fault.Field("sign_in_url");
	}

	// Once more, with a token that was just refreshed, where the mail server refuses the first.
	static void WithLogin(Action<Login> use) {
		try {
			use(Resolve(300));
		} catch (LoginRefused) {
			use(Resolve(3000));
		}
	}

	static void ReadInbox(Login login) {
		using (var wire = new Wire(login, "imap")) {
			wire.Read();
			wire.Write("a AUTHENTICATE XOAUTH2 " + login.Of("imap", "xoauth2"));
			var refusal = Imap(wire, "a", line => { });
			if (refusal != null) throw new LoginRefused("IMAP login refused: " + refusal);
			var count = 0;
			wire.Write("b EXAMINE INBOX");
			Demand(Imap(wire, "b", line => {
				var exists = Regex.Match(line, @"^\* (\d+) EXISTS");
				if (exists.Success) count = int.Parse(exists.Groups[1].Value);
			}));
			Console.WriteLine("INBOX has " + count + " messages");
			if (count == 0) return;
			var subject = "(no subject)";
			wire.Write("c FETCH " + count + " (BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
			Demand(Imap(wire, "c", line => {
				if (line.StartsWith("Subject: ", StringComparison.OrdinalIgnoreCase)) subject = line.Substring(9);
			}));
			Console.WriteLine("the newest: " + subject);
			wire.Write("d LOGOUT");
		}
	}

	// What was refused; null for OK.
	static string Imap(Wire wire, string tag, Action<string> see) {
		for (;;) {
			var line = wire.Read();
			// After AUTHENTICATE it is the reason of a refusal: an empty line gets the final answer.
			if (line.StartsWith("+")) wire.Write("");
			else if (line.StartsWith(tag + " ")) return line.StartsWith(tag + " OK") ? null : line.Substring(2);
			else see(line);
		}
	}

	static void Demand(string refusal) {
		if (refusal != null) throw new Problem("IMAP: " + refusal);
	}

	static void Send(Login login) {
		using (var wire = new Wire(login, "smtp")) {
			Smtp(wire, null, 220);
			Smtp(wire, "EHLO localhost", 250);
			if (login.Of("smtp", "security") == "starttls") {
				Smtp(wire, "STARTTLS", 220);
				wire.StartTls();
				Smtp(wire, "EHLO localhost", 250);
			}
			LogIn(wire, login.Of("smtp", "xoauth2"));
			var mailbox = login.Field("mailbox");
			Smtp(wire, "MAIL FROM:<" + mailbox + ">", 250);
			Smtp(wire, "RCPT TO:<" + mailbox + ">", 250);
			Smtp(wire, "DATA", 354);
			Smtp(wire, "From: " + mailbox + "\r\nTo: " + mailbox + "\r\nSubject: Hello from C#\r\n\r\nHello\r\n.", 250);
			Smtp(wire, "QUIT", 221);
		}
		Console.WriteLine("sent");
	}

	static void LogIn(Wire wire, string xoauth2) {
		var reply = Reply(wire, "AUTH XOAUTH2");
		if (reply.StartsWith("334")) reply = Reply(wire, xoauth2);
		// The reason of a refusal: an empty line gets the final answer.
		if (reply.StartsWith("334")) reply = Reply(wire, "");
		if (reply.StartsWith("4")) throw new Problem("SMTP is busy, try again later: " + reply);
		if (!reply.StartsWith("235")) throw new LoginRefused("SMTP login refused: " + reply);
	}

	static void Smtp(Wire wire, string line, int expected) {
		var reply = Reply(wire, line);
		if (!reply.StartsWith(expected.ToString())) throw new Problem("SMTP: " + reply);
	}

	// The last line of it.
	static string Reply(Wire wire, string line) {
		if (line != null) wire.Write(line);
		for (;;) {
			var reply = wire.Read();
			if (reply.Length < 4 || reply[3] != '-') return reply;
		}
	}

	static int Main(string[] args) {
		try {
			WithLogin(ReadInbox);
			if (args.Contains("--send")) WithLogin(Send);
			return 0;
		} catch (Exception error) {
			Console.Error.WriteLine(error.Message);
			return 1;
		}
	}
}
