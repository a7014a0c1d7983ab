import { randomBytes } from 'node:crypto';
import { lanDevice } from './image-recipe.ts';

/** What makes a guest different from the others that continue from the same saved state. */
export interface GuestIdentity {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
  /** Lines for /etc/hosts. */
  readonly hosts: readonly string[];
  /** Public key that root lets in. */
  readonly authorizedKey: string;
}

/** Lets the kernel's generator begin anew with what was written into it: all guests have the same one in their memory. */
const reseed = 'open(F, "+<", "/dev/urandom") && syswrite(F, pack("H*", $ARGV[0])) && ioctl(F, 0x5207, 0) or die $!';

/** A shell script for the guest. None of its values may have a quote. */
export function identityScript({ name, mac, address, hosts, authorizedKey }: GuestIdentity): string {
  const network = `[Match]\\nName=${lanDevice}\\n\\n[Network]\\nAddress=${address}/24\\nLinkLocalAddressing=no\\nIPv6AcceptRA=no\\n`;
  return `set -e
HOME=~root
date -s '@${(Date.now() / 1000).toFixed(3)}' >/dev/null
perl -e '${reseed}' ${randomBytes(64).toString('hex')}
echo ${name} >/etc/hostname
hostname ${name}
echo ${randomBytes(16).toString('hex')} >/etc/machine-id
printf '%s\\n' '127.0.0.1 localhost' '::1 localhost' ${hosts.map((line) => `'${line}'`).join(' ')} >/etc/hosts
mkdir -p -m 0700 ~/.ssh
echo '${authorizedKey}' >~/.ssh/authorized_keys
ip link set ${lanDevice} address ${mac}
printf '${network}' >/etc/systemd/network/20-lan.network
networkctl reload
rm -rf /run/log/journal/*
systemctl restart systemd-journald
`;
}
