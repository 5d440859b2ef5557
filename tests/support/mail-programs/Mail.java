// Java: JavaMail.
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Properties;
import javax.mail.*;
import javax.mail.internet.MimeMessage;

public class Mail {
	public static void main(String[] args) throws Exception {
		try {
			run(args);
		} catch (MessagingException problem) {
			System.out.println(problem.getMessage());
			System.exit(1);
		}
	}

	private static void run(String[] args) throws Exception {
		int imap = Integer.parseInt(args[0]);
		int pop = Integer.parseInt(args[1]);
		int smtp = Integer.parseInt(args[2]);
		String user = args[3];
		String password = args[4];
		Properties settings = new Properties();
		settings.put("mail.smtp.auth", "true");
		Session session = Session.getInstance(settings);
		MimeMessage message = new MimeMessage(session);
		message.setFrom(user);
		message.setRecipients(Message.RecipientType.TO, args[5]);
		message.setSubject("Gr\u00fc\u00dfe, \u03a3", "utf-8");

		Store store = session.getStore("imap");
		store.connect("127.0.0.1", imap, user, password);
		Folder inbox = store.getFolder("INBOX");
		inbox.open(Folder.READ_WRITE);
		Message first = inbox.getMessage(1);
		System.out.write((first.getSubject() + "\n").getBytes("UTF-8"));
		BodyPart attachment = ((Multipart) first.getContent()).getBodyPart(1);
		byte[] bytes = attachment.getInputStream().readAllBytes();
		System.out.println(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes)));
		MimeMessage kept = new MimeMessage(session);
		kept.setSubject("kept by Java");
		kept.setText("Hello");
		inbox.appendMessages(new Message[] { kept });
		inbox.close(false);
		store.close();

		Store post = session.getStore("pop3");
		post.connect("127.0.0.1", pop, user, password);
		Folder all = post.getFolder("INBOX");
		all.open(Folder.READ_ONLY);
		if (all.getMessageCount() > 0) System.out.println("by POP3 too");
		all.close(false);
		post.close();

		message.setText("x".repeat(5_000_000));
		message.saveChanges();
		Transport transport = session.getTransport("smtp");
		transport.connect("127.0.0.1", smtp, user, password);
		transport.sendMessage(message, message.getAllRecipients());
		transport.close();
	}
}
