#pragma once

// What `tunnelctl filter … --help` says at its end.

namespace tunnel::ctl {

inline constexpr const char* kFilterShowFooter =
    R"(Prints each rule in its canonical form: names as numbers, masks as lengths, and what a member of a
group takes over from its head. Read again, they are the same rules. With mistakes, nothing is
printed but all of them, each with file, line, column and a hint.

Examples:
  tunnelctl filter show --rules ipf.rules --nat ipnat.rules
  tunnelctl filter show --rules ipf.rules --json | jq -r '.rules[] | .rule + " " + .text'

Exit status: 0 when the files have no mistakes, 1 otherwise.)";

inline constexpr const char* kFilterTestFooter =
    R"(A packet is written as for ipftest:

  in|out [on IFACE] [PROTO] SRC[,PORT] DST[,PORT] [FLAGS | TYPE[,CODE]] [opt NAME,...] [KEY=N ...]

with in6 and out6 for IPv6, and the keys seq ack win urp mss id query off ttl tos len body; mf is a
fragment that others follow, "for PROTO SRC[,PORT] DST[,PORT]" what an ICMP error is about. In a
file, "after 20s" lets time pass between two packets. With --hex it is "in on em0 4500 0028 ...".

For each packet the verdict is a line: pass, block, block return-rst, block return-icmp, block
return-icmp-as-dest, nomatch (no rule matched) or bad-packet (its headers are wrong). States,
fragments and translations are remembered from packet to packet. With --nat, a second line shows
each packet that goes on, as it goes on. tunneld is not asked, and nothing is changed.

Examples:
  tunnelctl filter test --rules ipf.rules 'in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S'
  tunnelctl filter test --rules ipf.rules --nat ipnat.rules --packets session.txt --explain

Exit status: 0 whatever the verdicts, 1 when rules or packets have mistakes.)";

inline constexpr const char* kFilterStatsFooter =
    R"(Shows each rule in force with the packets and octets that it has decided about, those that passed
by its states included; of log and count rules, what they matched. A rule that says the same after a
reload goes on counting.

Examples:
  tunnelctl filter stats --unused        rules that nobody needs, or that others hide
  tunnelctl filter stats --json | jq -r '.rules[] | [.rule, .packets, .text] | @tsv')";

inline constexpr const char* kFilterFlushFooter =
    R"(Takes the table of the packet filter out of the kernel: the rules, NAPT and the tunnels' source
checks. It is the only way to be without them: they stay when tunneld ends. `tunnelctl reload` puts
them back, and so does a start of tunneld or of the machine. Where no tunneld runs, root can do it.)";

inline constexpr const char* kFilterStatesFooter =
    R"(RULE is the one that let the first packet in; EXPIRES is the time that is left without another packet.
PACKETS and BYTES are those from the one who began, and back.)";

inline constexpr const char* kNatSessionsFooter =
    R"(RULE is as `tunnelctl nat rules` has it; @0 is none of those in force. INSIDE is the end that is
translated, OUTSIDE what the DESTINATION sees instead. PACKETS and BYTES are those from the one who
began, and back.)";

inline constexpr const char* kLogFooter =
    R"(Shown are auth and console; with --all, or --type ppp, also what PPP agrees on, step by step. What
the packet filter logs, filter and nat, is shown where --type or a selection asks for it.

Examples:
  tunnelctl log -f --type filter             every packet that a rule logs
  tunnelctl log --rule @300:2 --lines 1000   what this rule has logged
  tunnelctl log -f --verdict block --address 192.168.1.0/24
  tunnelctl log --type nat --json | jq .outside)";

}  // namespace tunnel::ctl
