import assert from 'node:assert/strict';
import { it } from 'node:test';
import { roff } from './roff.ts';

it('writes every text so that man shows it as it is', () => {
  const page = roff(
    {
      name: 'gantry-instance',
      section: 1,
      summary: 'instances of a cluster',
      blocks: [
        { heading: 'Commands' },
        { subheading: 'gantry "x"' },
        { paragraph: ".starts with a dot\n'second line'" },
        { lines: ['back\\slash', '.'] },
        { term: '-o, --os <os>', about: "'quoted'" },
      ],
    },
    '1.0',
    '2026-11-30',
  );
  assert.equal(
    page,
    String.raw`.TH "GANTRY\-INSTANCE" 1 "2026\-11\-30" "gantry 1.0" "Gantry"
.SH NAME
gantry\-instance \- instances of a cluster
.SH "COMMANDS"
.SS "gantry \(dqx\(dq"
.PP
\&.starts with a dot
\&'second line'
.PP
.nf
back\eslash
\&.
.fi
.TP
\fB\-o, \-\-os <os>\fR
\&'quoted'
`,
  );
});
