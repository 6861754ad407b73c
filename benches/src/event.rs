//! The event of every benchmark: some 850 bytes, as an SDK sends it (identifiers hashed, no spaces).

/// Width of the event id inside the template, which each copy replaces.
pub const ID_LEN: usize = 16;
const ID_MARK: &str = "0123456789abcdef";

/// One event; its `event_id` ends in a 16-digit mark, `event_time` is the given second.
pub fn template(event_time_s: i64) -> String {
    let em = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let ph = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
    let name = "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec";
    format!(
        "{{\"event_name\":\"Purchase\",\"event_time\":{event_time_s},\"event_id\":\"ev-{ID_MARK}\",\
         \"action_source\":\"website\",\
         \"event_source_url\":\"https://shop.example/thanks?utm_id=120210000000001\",\
         \"referrer_url\":\"https://shop.example/\",\"opt_out\":false,\
         \"data_processing_options\":[],\"data_processing_options_country\":0,\
         \"data_processing_options_state\":0,\
         \"user_data\":{{\"em\":[\"{em}\"],\"ph\":[\"{ph}\"],\"fn\":\"{name}\",\
         \"external_id\":\"user-48151623\",\"client_ip_address\":\"93.184.216.34\",\
         \"client_user_agent\":\"Mozilla/5.0 (iPhone)\",\
         \"fbp\":\"fb.1.1793000000000.1098115397\",\"zp\":\"94035\",\"country\":\"us\"}},\
         \"custom_data\":{{\"value\":59.9,\"currency\":\"EUR\",\"order_id\":\"o-48151623\",\
         \"num_items\":2,\"content_ids\":[\"sku-1\",\"sku-2\"]}}}}"
    )
}

/// Copies of the template with distinct event ids, numbered from `first`.
pub fn events(count: usize, first: u64, event_time_s: i64) -> Vec<String> {
    let template = template(event_time_s);
    let numbers = (first..).take(count);
    numbers.map(|number| template.replace(ID_MARK, &format!("{number:016x}"))).collect()
}

/// The same events without what tells about a person.
pub fn anonymous(events: &[String]) -> Vec<String> {
    let without = |event: &String| {
        let (before, rest) = event.split_once("\"user_data\":{")?;
        let (_, after) = rest.split_once('}')?;
        Some(format!("{before}\"user_data\":{{}}{after}"))
    };
    events.iter().filter_map(without).collect()
}

/// The request body that carries these events.
pub fn body(events: &[String]) -> Vec<u8> {
    format!("{{\"data\":[{}]}}", events.join(",")).into_bytes()
}

/// Where the ids stand in a body made of copies of one template.
pub fn id_offsets(body: &[u8]) -> Vec<usize> {
    let mark = b"\"event_id\":\"ev-";
    let starts = body.windows(mark.len()).enumerate().filter(|(_, window)| window == mark);
    starts.map(|(at, _)| at + mark.len()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_event_has_the_size_that_figures_are_quoted_for() {
        let len = super::template(1_793_000_000).len();
        assert!((820..=870).contains(&len), "{len} bytes");
    }
}
