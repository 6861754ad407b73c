use serde_json::json;

use super::{Caller, at, each, fields, is_nobody_elses};
use crate::fixture::Stratum;

pub async fn assets_belong_to_campaigns(stratum: &Stratum, admin: &Caller<'_>, other: &Caller<'_>) {
    let campaign = admin.make("/campaigns", &json!({"platform": "meta", "name": "Spring"})).await;
    let body = json!({
        "name": "Clip", "type": "video", "campaign_id": campaign["id"], "url": "https://cdn.example/a.mp4",
        "format": "9:16", "size_bytes": 1_048_576, "duration_seconds": 15.04, "tags": ["ugc", "ugc"],
        "first_used": "2026-02-01",
    });
    let clip = admin.make("/assets", &body).await;
    let path = at("/assets", &clip);
    assert_eq!((&clip["type"], &clip["duration_seconds"]), (&json!("video"), &json!(15.04)));
    assert_eq!((&clip["tags"], &clip["fatigue_score"]), (&json!(["ugc"]), &json!(null)));
    assert!(clip["fatigue_reason"].as_str().unwrap().contains("no score"), "{clip}");
    assert_eq!(admin.read(&path).await["data"], clip);
    is_nobody_elses(&path, other).await;
    let (status, answer) =
        admin.patch(&path, &json!({"fatigue_score": 61.5, "format": null})).await;
    assert_eq!((status, &answer["data"]["fatigue_score"]), (200, &json!(61.5)), "{answer}");
    assert_eq!(
        (&answer["data"]["fatigue_reason"], &answer["data"]["format"]),
        (&json!(null), &json!(null))
    );
    rules_are_held(admin, other, &path).await;
    admin.make("/assets", &json!({"name": "Still", "type": "image"})).await;
    for (question, names) in [
        ("", &["Still", "Clip"][..]),
        ("?type=video,story", &["Clip"]),
        ("?tags=ugc", &["Clip"]),
        ("?search=STI", &["Still"]),
        ("?page_size=1&page=2", &["Clip"]),
    ] {
        let answer = admin.read(&format!("/assets{question}")).await;
        assert_eq!(each(&answer, "name"), names, "{question}");
    }
    let of_campaign = format!("/assets?campaign_id={}", campaign["id"].as_str().unwrap());
    assert_eq!(admin.read(&of_campaign).await["pagination"]["total"], 1);
    assert_eq!(admin.delete(&at("/campaigns", &campaign)).await, 204);
    assert_eq!(admin.read(&path).await["data"]["campaign_id"], json!(null));
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.get(&path).await.0, 404);
    assert_eq!(admin.read("/assets").await["pagination"]["total"], 1);
    assert_eq!(other.read("/assets").await["pagination"]["total"], 0);
    let rows = stratum.state_rows().await;
    let audit = &rows.iter().find(|(table, _)| table == "audit_log").unwrap().1;
    assert!(audit.contains("asset.deleted") && !audit.contains("cdn.example"), "{audit}");
}

async fn rules_are_held(admin: &Caller<'_>, other: &Caller<'_>, path: &str) {
    let foreign = other.make("/campaigns", &json!({"platform": "meta", "name": "Theirs"})).await;
    for (change, field) in [
        (json!({"campaign_id": foreign["id"]}), "campaign_id"),
        (json!({"type": "gif"}), "type"),
        (json!({"url": "file:///etc/passwd"}), "url"),
        (json!({"fatigue_score": 101}), "fatigue_score"),
        (json!({"size_bytes": -1}), "size_bytes"),
        (json!({"duration_seconds": 90_000}), "duration_seconds"),
    ] {
        let (status, answer) = admin.patch(path, &change).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{change}: {answer}");
    }
}
