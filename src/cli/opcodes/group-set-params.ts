import { adjustIpolicy, ipolicyOptions } from '../command/ipolicy-options.ts';
import { defineExtras } from './define-extras.ts';

export const groupSetParams = defineExtras({ options: ipolicyOptions, adjust: adjustIpolicy });
