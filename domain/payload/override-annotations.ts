/** ours: who wrote the override into a payload */
export const overrideByAnnotation = 'waybill.dev/override-by';

/** ours: who took the last override back, and why */
export const overrideWithdrawnAnnotation = 'waybill.dev/override-withdrawn';
