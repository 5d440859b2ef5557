<?php
// PHP's imap extension (c-client): reads, keeps a message of its own, counts by POP3. Prints what went wrong.
[, $imap, $pop, , $user, $password] = $argv;
$inbox = "{127.0.0.1:$imap/imap/notls}INBOX";
$box = @imap_open($inbox, $user, $password, 0, 1);
if (!$box) {
	echo implode("\n", imap_alerts() ?: []), "\n", implode("\n", imap_errors() ?: []), "\n";
	exit(1);
}
echo iconv_mime_decode(imap_headerinfo($box, 1)->subject, 0, 'UTF-8'), "\n";
echo md5(base64_decode(imap_fetchbody($box, 1, 2))), "\n";
imap_append($box, $inbox, "From: <$user>\r\nSubject: kept by PHP\r\n\r\nHello\r\n");
imap_close($box);
$box = imap_open("{127.0.0.1:$pop/pop3/notls}INBOX", $user, $password);
echo imap_num_msg($box) > 0 ? "by POP3 too\n" : "";
