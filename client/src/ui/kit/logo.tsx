import { BASE_PATH } from '../page/base-path.ts';

export function Logo({ size }: { readonly size: number }) {
  return <img className="logo" src={`${BASE_PATH}icons/icon.svg`} alt="" width={size} height={size} />;
}
