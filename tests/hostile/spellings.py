"""Hosts that lead into our own network, in every spelling a URL has for them."""

from __future__ import annotations

# All of these are this machine, written so that a look at the text does not tell.
LOOPBACK = """
127.0.0.1 127.0.0.1. 127.1 127.0.1 127.127.127.127 2130706433 0x7f000001 0x7F.1 0x7f.0.0.1 0x7f.0x0.0x0.0x1 017700000001
0177.0.0.1 0177.1 0000177.0.0.1 127.000.000.001 0 0.0.0.0 00 0x0 localhost LOCALHOST localhost. [::1] [::] [0:0:0:0:0:0:0:1]
[::ffff:127.0.0.1] [::FFFF:7f00:1] [0000::0001] [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1]
[2002:7f00:1::] [2001:0:53aa:64c:0:fbff:80ff:fffe] [2606:4700::5efe:127.0.0.1] [2606:4700::200:5efe:7f00:1]
%31%32%37.0.0.1 127%2e0%2e0%2e1 %6cocalhost １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 127｡0｡0｡1 ｌｏｃａｌｈｏｓｔ ⓛocalhost
""".split()
NETWORK = """
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1.1 100.64.0.1 0xa.1 167772161 0300.0250.0.1 3232235521
169.254.0.1 198.18.0.1 224.0.0.1 255.255.255.255 240.0.0.1 192.0.0.1 [fc00::1] [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1]
[::ffff:10.0.0.1] [64:ff9b::10.0.0.1] [2002:a00:1::] [2002:c0a8:101::1] [100::1] [2001:db8::1] [fe80::1%25lo] [fe80::1%251]
""".split()
METADATA = """
169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.16689662 [::ffff:169.254.169.254] [fd00:ec2::254]
[fd20:ce::254] [fe80::a9fe:a9fe] [fd00:c1::a9fe:a9fe] [64:ff9b::a9fe:a9fe] 168.63.129.16 192.0.0.192 100.100.100.200
""".split()
HOSTS = [*LOOPBACK, *NETWORK, *METADATA]
# Whole URLs that try to look like another host, or that are not of the web at all.
URLS = """
http://good.example@127.0.0.1/ http://good.example:80@127.0.0.1/ http://127.0.0.1\\@good.example/ http://good.example%40127.0.0.1/
http://127.0.0.1:22/ http://127.0.0.1:6379/ http://good.example:6379/ https://good.example:8443/ http://127.0.0.1:99999/
http://[::1/ http://::1/ //127.0.0.1/ http://127.0.0.1#@good.example/
http://127.0.0.1?@good.example/ http://127.0.0.1;good.example/ http://good.example&@127.0.0.1/ http://127.0.0.1%00.good.example/
http://127.0.0.1%0d%0a/ http://127.0.0.1%2f.good.example/ http://intranet/ http://router/ http://metadata.google.internal/
file:///etc/passwd file://127.0.0.1/etc/passwd javascript:alert(1) data:text/html,x ftp://127.0.0.1/ gopher://127.0.0.1/x
dict://127.0.0.1:11211/ ldap://127.0.0.1/ unix:///var/run/docker.sock http+unix://%2fvar%2frun%2fdocker.sock/ ws://127.0.0.1/
jar:http://127.0.0.1!/ view-source:http://127.0.0.1/ blob:http://127.0.0.1/x netdoc:///etc/passwd HTTP://127.0.0.1/ hTTp://0/
""".split()
# To some programs another host; to us, by RFC 3986, a path of the same one.
PATHS = ["http:///127.0.0.1/", "http:127.0.0.1", "\\\\127.0.0.1\\"]
EVERY = [*(f"http://{host}/" for host in HOSTS), *(f"https://{host}/" for host in HOSTS[::5]), *URLS]
