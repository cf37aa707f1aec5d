import { isMap, isScalar, parseDocument, type Document } from 'yaml';
import type { QualifierDocument } from '../domain/payload/config-validation.ts';

/**
 * Reads the general configuration of qualifiers as YAML 1.2, in which `Yes` and `No` are texts.
 *
 * @throws Error when it is not YAML
 */
export function parseQualifierYaml(text: string): QualifierDocument {
  const document = parseDocument(text);
  const duplicates = duplicateIds(document);
  const [error] = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY' || duplicates.length === 0);
  if (error !== undefined) throw new Error(error.message);
  return { value: document.toJS(), duplicates };
}

function duplicateIds(document: Document): string[] {
  const qualifiers = document.get('qualifiers', true);
  if (!isMap(qualifiers)) return [];
  const ids = qualifiers.items.map(({ key }) => String(isScalar(key) ? key.value : key));
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}
