// A mail engine in C#, with MailKit: asks the helper for a login, reads the INBOX and sends a message.
// HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing.
// Packages: MailKit 4. This file is checked by eye; the other examples beside it are run by tests.
// For the .NET Framework's own SmtpClient, which knows passwords alone, see SmtpClient.cs.

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

static string Setting(string name) =>
	Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is missing");

var http = new HttpClient { BaseAddress = new Uri(Setting("HELPER")) };
http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Setting("SITE_KEY"));

async Task<JsonElement> Resolve(int tries = 5)
{
	var response = await http.PostAsJsonAsync("/api/v1/resolve", new { identifier = Setting("IDENTIFIER") });
	var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
	if (response.IsSuccessStatusCode) return answer;
	// 429 and 503 pass by themselves. Nothing else does: a person has to act.
	if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && tries > 1)
	{
		await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(5));
		return await Resolve(tries - 1);
	}
	throw new InvalidOperationException(answer.GetProperty("message").GetString());
}

static SaslMechanismOAuth2 LoginOf(JsonElement answer, string protocol) =>
	new(answer.GetProperty(protocol).GetProperty("user").GetString(),
		answer.GetProperty("access_token").GetString());

static (string Host, int Port) ServerOf(JsonElement answer, string protocol) =>
	(answer.GetProperty(protocol).GetProperty("host").GetString()!,
		answer.GetProperty(protocol).GetProperty("port").GetInt32());

var login = await Resolve();
using (var imap = new ImapClient())
{
	var (host, port) = ServerOf(login, "imap");
	await imap.ConnectAsync(host, port, SecureSocketOptions.SslOnConnect);
	await imap.AuthenticateAsync(LoginOf(login, "imap"));
	await imap.Inbox.OpenAsync(FolderAccess.ReadOnly);
	Console.WriteLine($"INBOX has {imap.Inbox.Count} messages");
	await imap.DisconnectAsync(true);
}

if (args.Contains("--send"))
{
	login = await Resolve();
	var (host, port) = ServerOf(login, "smtp");
	var mailbox = MailboxAddress.Parse(login.GetProperty("mailbox").GetString()!);
	var message = new MimeMessage();
	message.From.Add(mailbox);
	message.To.Add(mailbox);
	message.Subject = "Hello from C#";
	message.Body = new TextPart("plain") { Text = "Hello" };
	using var smtp = new SmtpClient();
	var security = login.GetProperty("smtp").GetProperty("security").GetString() == "tls"
		? SecureSocketOptions.SslOnConnect
		: SecureSocketOptions.StartTls;
	await smtp.ConnectAsync(host, port, security);
	await smtp.AuthenticateAsync(LoginOf(login, "smtp"));
	await smtp.SendAsync(message);
	await smtp.DisconnectAsync(true);
	Console.WriteLine("sent");
}
