// The library needs the metadata polyfill before it is loaded.
import 'reflect-metadata';

export * from '@peculiar/x509';
