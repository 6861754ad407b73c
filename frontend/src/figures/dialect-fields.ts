/** What the wire formats call an identifier: the field that a sender of this platform's dialect fills in. */
import type { Schemas } from "../api/client";

type Platform = Schemas["Platform"];
type Fields = Record<string, string>;

const META: Fields = {
  em: "user_data.em",
  ph: "user_data.ph",
  fn: "user_data.fn",
  ln: "user_data.ln",
  ge: "user_data.ge",
  db: "user_data.db",
  ct: "user_data.ct",
  st: "user_data.st",
  zp: "user_data.zp",
  country: "user_data.country",
  external_id: "user_data.external_id",
  click_id: "user_data.fbc",
  browser_id: "user_data.fbp",
  client_ip_address: "user_data.client_ip_address",
  client_user_agent: "user_data.client_user_agent",
  madid: "user_data.madid",
  login_id: "user_data.fb_login_id",
  lead_id: "user_data.lead_id",
  subscription_id: "user_data.subscription_id",
};

const TIKTOK: Fields = {
  em: "user.email",
  ph: "user.phone",
  fn: "user.first_name",
  ln: "user.last_name",
  ct: "user.city",
  st: "user.state",
  zp: "user.zip_code",
  country: "user.country",
  external_id: "user.external_id",
  click_id: "user.ttclid",
  browser_id: "user.ttp",
  client_ip_address: "user.ip",
  client_user_agent: "user.user_agent",
  madid: "user.idfa, user.gaid",
  lead_id: "lead.lead_id",
};

const PINTEREST: Fields = {
  em: "user_data.em",
  ph: "user_data.ph",
  fn: "user_data.fn",
  ln: "user_data.ln",
  ge: "user_data.ge",
  db: "user_data.db",
  ct: "user_data.ct",
  st: "user_data.st",
  zp: "user_data.zp",
  country: "user_data.country",
  external_id: "user_data.external_id",
  click_id: "user_data.click_id",
  client_ip_address: "user_data.client_ip_address",
  client_user_agent: "user_data.client_user_agent",
  madid: "user_data.hashed_maids",
};

const SNAPCHAT: Fields = {
  em: "user_data.em",
  ph: "user_data.ph",
  fn: "user_data.fn",
  ln: "user_data.ln",
  ge: "user_data.ge",
  db: "user_data.db",
  ct: "user_data.ct",
  st: "user_data.st",
  zp: "user_data.zp",
  country: "user_data.country",
  external_id: "user_data.external_id",
  click_id: "user_data.sc_click_id",
  browser_id: "user_data.sc_cookie1",
  client_ip_address: "user_data.client_ip_address",
  client_user_agent: "user_data.client_user_agent",
  madid: "user_data.madid",
};

const LINKEDIN: Fields = {
  em: "user.userIds (SHA256_EMAIL)",
  fn: "user.userInfo.firstName",
  ln: "user.userInfo.lastName",
  country: "user.userInfo.countryCode",
  external_id: "user.externalIds",
  click_id: "user.userIds (LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID)",
  lead_id: "user.lead",
  login_id: "user.userIds (ACXIOM_ID)",
};

const GOOGLE: Fields = {
  em: "user_data.sha256_email_address",
  ph: "user_data.sha256_phone_number",
  fn: "user_data.address.sha256_first_name",
  ln: "user_data.address.sha256_last_name",
  ct: "user_data.address.city",
  st: "user_data.address.region",
  zp: "user_data.address.postal_code",
  country: "user_data.address.country",
  external_id: "user_id",
  click_id: "params.gclid",
  browser_id: "client_id",
  client_ip_address: "ip_override",
  client_user_agent: "user_agent",
};

const DIALECTS: Record<Platform, Fields> = {
  meta: META,
  tiktok: TIKTOK,
  pinterest: PINTEREST,
  snapchat: SNAPCHAT,
  linkedin: LINKEDIN,
  google: GOOGLE,
};

/** The field of an identifier; `null` where the platform's dialect has none. */
export function fieldOf(platform: Platform, identifier: string): string | null {
  return DIALECTS[platform][identifier] ?? null;
}

const SIGNALS: Record<string, string[]> = {
  email: ["em"],
  phone: ["ph"],
  name_and_place: ["fn", "ln", "ct", "zp"],
  platform_id: ["login_id", "lead_id", "subscription_id"],
};

/** The fields that make a signal. */
export function fieldsOf(platform: Platform, signal: string): string[] {
  return (SIGNALS[signal] ?? [signal]).flatMap((key) => fieldOf(platform, key) ?? []);
}
