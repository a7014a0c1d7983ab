import { bootImage } from './boot-image.ts';

/** What the test guests write to the serial console when they run. */
export const guestGreeting = 'gantry test guest';

const greeting = Buffer.from(`${guestGreeting}\r\n\0`).toString('hex');

// Real mode, interrupts on; writes the text at 0x7c50 to COM1; enables the event of the power button (PM1 enable, 0x602).
const hello = 'fa 31c0 8ed8 8ed0 bc007c fb be507c ac 84c0 7406 baf803 ee ebf5 ba0206 b80001 ef';
// Sleeps until the next timer tick; sends a byte that came over COM1 back.
const sleepAndEcho = 'f4 bafd03 ec a801 7409 baf803 ec ee';
// Power button pressed (PM1 status, 0x600, bit 8) or "q" read last: soft off (PM1 control, 0x604).
const obey = '3c71 7409 ba0006 ed f6c401 74e5 ba0406 b80020 ef ebdc';

/** A disk image whose guest greets, echoes what it reads, and switches itself off at the power button or at a `q`. */
export const obedientGuest = (): Buffer => bootImage(pad(hello + sleepAndEcho + obey) + greeting);

/** The same guest, but nothing makes it stop. */
export const stubbornGuest = (): Buffer => bootImage(pad(`${hello + sleepAndEcho}90909090 ebec`) + greeting);

const pad = (code: string): string => code.replaceAll(' ', '').padEnd(0x50 * 2, '90');

/** A disk image whose guest writes to the serial line without end. */
export const chatteringGuest = (): Buffer => bootImage('fa baf803 b078 ee ebfd');

// Real mode; writes 32 KiB after 32 KiB through the firmware, from sector 128 on, and a `w` to COM1 after each.
const writing = 'fa 31c0 8ed8 8ed0 bc007c fb be007d b80043 b280 cd13 8306087d40 baf803 b077 ee ebe9';
const diskAddressPacket = '1000 4000 0080 0000 8000000000000000';

/** A disk image whose guest fills its disk, up to 32 MiB. */
export const writingGuest = (): Buffer => bootImage(writing.replaceAll(' ', '').padEnd(0x100 * 2, '90') + diskAddressPacket);
