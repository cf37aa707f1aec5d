import { expect, test } from 'vitest';
import { readSignatureContent, writeSignatureContent } from '../../../domain/audit/signature-content.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const content = { digest, location: 'quay.example/ocp/release:4.20.0', timestamp: 1_700_000_000 };

test('writes the keys that clusters know, in their order, indented by two spaces', () => {
  expect(writeSignatureContent(content)).toBe(`{
  "critical": {
    "type": "atomic container signature",
    "image": {
      "docker-manifest-digest": "${digest}"
    },
    "identity": {
      "docker-reference": "quay.example/ocp/release:4.20.0"
    }
  },
  "optional": {
    "creator": "openshift release-controller",
    "timestamp": 1700000000
  }
}`);
});

test('reads back what it writes', () => {
  expect(readSignatureContent(writeSignatureContent(content))).toEqual(content);
});

const changed = (change: (content: Record<string, Record<string, unknown>>) => void) => {
  const parsed = JSON.parse(writeSignatureContent(content)) as Record<string, Record<string, unknown>>;
  change(parsed);
  return JSON.stringify(parsed);
};

test.each([
  ['no JSON', 'signature'],
  ['another type', changed(({ critical }) => void (critical!['type'] = 'atomic'))],
  ['an empty reference', changed(({ critical }) => void (critical!['identity'] = { 'docker-reference': '' }))],
  ['no reference', changed(({ critical }) => void delete critical!['identity'])],
  ['an unknown field at the top', changed((all) => void (all['more'] = {}))],
  ['an unknown field inside', changed(({ optional }) => void (optional!['more'] = 1))],
])('refuses %s', (_case, text) => {
  expect(readSignatureContent(text)).toBeUndefined();
});

test('an optional part is not needed', () => {
  expect(readSignatureContent(changed((all) => void delete all['optional']))).toEqual({ ...content, timestamp: 0 });
});
