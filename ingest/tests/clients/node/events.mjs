// The events that the scenarios send, built with the SDK's own classes.

const DAY = 86_400;
const AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

export function builders({ CustomData, ServerEvent, UserData }) {
  // The person whose hashes are the documented check vectors; the SDK hashes.
  const knownPerson = () =>
    new UserData()
      .setEmail("  John_Smith@gmail.com ")
      .setPhone("+1 (650) 555-1212")
      .setFirstName("Mary")
      .setGender("f")
      .setDateOfBirth("19970216")
      .setCity("San Francisco")
      .setState("ca")
      .setCountry("us")
      .setClientIpAddress("81.20.30.40")
      .setClientUserAgent(AGENT);

  // Identifiers as lists of several values, in scripts beyond ASCII.
  const severalValues = () =>
    new UserData()
      .setEmails(["john_smith@gmail.com", "person@example.com"])
      .setPhones(["16505551212", "448444124653"])
      .setFirstNames(["정", "Valéry"])
      .setGenders(["m"])
      .setClientIpAddress("81.20.30.40")
      .setClientUserAgent(AGENT);

  const purchase = (
    id,
    { name = "Purchase", userData = knownPerson(), value = 129.9, currency = "EUR", ageSeconds = 0 } = {},
  ) => {
    const custom = new CustomData().setOrderId(`order-${id}`);
    if (currency !== null) custom.setCurrency(currency);
    if (value !== null) custom.setValue(value);
    return new ServerEvent()
      .setEventName(name)
      .setEventTime(Math.floor(Date.now() / 1000) - ageSeconds)
      .setEventId(id)
      .setEventSourceUrl("https://shop.example/thanks")
      .setActionSource("website")
      .setUserData(userData)
      .setCustomData(custom);
  };

  const purchases = (prefix, count) =>
    Array.from({ length: count }, (_, number) => purchase(`${prefix}-${number}`));

  return { purchase, purchases, severalValues, DAY };
}
