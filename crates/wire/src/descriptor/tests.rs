#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// What Chromium sends with a keyframe of a stream in three spatial and three temporal layers.
const KEYFRAME: &str = "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a8000600\
                        0040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca86553042242\
                        30eca877530077004200ef008601df010d";

fn template(layer: (u8, u8), indications: &str, differences: &[u16], chains: &[u8]) -> Dependencies {
    let mut template = Dependencies::new(Layer {
        spatial: layer.0,
        temporal: layer.1,
    });
    for (target, symbol) in indications.chars().enumerate() {
        let indication = match symbol {
            'D' => Indication::Discardable,
            'S' => Indication::Switch,
            'R' => Indication::Required,
            _ => Indication::NotPresent,
        };
        template.set_indication(target, indication).unwrap();
    }
    for difference in differences {
        template.add_difference(*difference).unwrap();
    }
    for (chain, difference) in chains.iter().enumerate() {
        template.set_chain_difference(chain, *difference).unwrap();
    }
    template
}

/// The structure of A.10.2.1.
fn l1t3() -> Structure {
    let mut structure = Structure::new(60, 3, 1, &[0, 0, 0]).unwrap();
    for template in [
        template((0, 0), "SSS", &[], &[0]),
        template((0, 0), "SSS", &[4], &[4]),
        template((0, 1), "SD-", &[2], &[2]),
        template((0, 2), "D--", &[1], &[1]),
        template((0, 2), "D--", &[1], &[3]),
    ] {
        structure.add_template(&template).unwrap();
    }
    structure
        .set_resolutions(&[Resolution {
            width: 1280,
            height: 720,
        }])
        .unwrap();
    structure
}

fn frame(template_id: u8, number: u16, structure: &Structure) -> Frame {
    let dependencies = *structure.template(template_id).unwrap();
    Frame {
        start_of_frame: true,
        end_of_frame: false,
        template_id,
        number,
        carries_structure: false,
        active_decode_targets: None,
        dependencies,
        resolution: structure.resolution(dependencies.layer().spatial),
    }
}

fn written(frame: &Frame, structure: &Structure) -> Vec<u8> {
    let mut out = vec![0xEE; 255];
    let len = write(&mut out, frame, structure).unwrap();
    out.truncate(len);
    out
}

#[test]
fn a_browser_s_keyframe_is_read() {
    let mut state = State::new();
    let frame = state.read(&hex(KEYFRAME)).unwrap();
    assert!(frame.start_of_frame && frame.end_of_frame && frame.carries_structure);
    assert_eq!((frame.template_id, frame.number), (1, 0x0172));
    assert_eq!(
        frame.dependencies.layer(),
        Layer {
            spatial: 0,
            temporal: 0
        }
    );
    assert!(frame.dependencies.differences().is_empty());
    assert_eq!(
        frame.resolution,
        Some(Resolution {
            width: 120,
            height: 67
        })
    );
    let structure = state.structure().unwrap();
    assert_eq!((structure.decode_target_count(), structure.chain_count()), (9, 3));
    assert_eq!(structure.spatial_layer_count(), 3);
    assert_eq!(
        structure.resolution(2),
        Some(Resolution {
            width: 480,
            height: 270
        })
    );
    assert_eq!(state.active_decode_targets(), 0x1FF);
    // Targets go from the lowest layers to the highest, and chains with their spatial layers.
    for target in 0..9_u8 {
        let layer = Layer {
            spatial: target / 3,
            temporal: target % 3,
        };
        assert_eq!(structure.target_layer(usize::from(target)), layer);
        assert_eq!(structure.target_of(layer), Some(usize::from(target)));
        assert_eq!(
            structure.protecting_chain(usize::from(target)),
            Some(usize::from(target / 3))
        );
    }
}

#[test]
fn a_browser_s_frames_follow_their_keyframe() {
    let mut state = State::new();
    assert_eq!(state.read(&hex("860173")), Err(Error::UnknownTemplate));
    state.read(&hex(KEYFRAME)).unwrap();
    for (text, number, spatial, edges) in [
        ("860173", 0x173, 1, (true, false)),
        ("460173", 0x173, 1, (false, true)),
        ("8b0174", 0x174, 2, (true, false)),
        ("0b0174", 0x174, 2, (false, false)),
        ("c30175", 0x175, 0, (true, true)),
    ] {
        let frame = state.read(&hex(text)).unwrap();
        assert_eq!(frame.number, number);
        assert_eq!(frame.dependencies.layer().spatial, spatial, "{text}");
        assert_eq!((frame.start_of_frame, frame.end_of_frame), edges);
        assert_eq!(written(&frame, state.structure().unwrap()), hex(text));
    }
    // Here the highest spatial layer is gone, and each packet says so.
    let frame = state.read(&hex("86017340fc")).unwrap();
    let active = frame.active_decode_targets.unwrap();
    assert_eq!(active, 0b00_0011_1111);
    assert_eq!(state.active_decode_targets(), active);
}

#[test]
fn a_browser_s_keyframe_is_written_as_it_was() {
    let mut state = State::new();
    let frame = state.read(&hex(KEYFRAME)).unwrap();
    assert_eq!(written(&frame, state.structure().unwrap()), hex(KEYFRAME));
}

#[test]
fn streams_of_one_spatial_layer_as_browsers_send_them_survive_both_ways() {
    for (text, targets, layers) in [
        ("80000180003a4101809f807780", 1, [0, 0].as_slice()),
        ("80000180011ea85141010c04fc03bc", 2, &[0, 0, 1]),
        ("8600b580c11ea85141010c09fc077c", 2, &[0, 0, 1]),
    ] {
        let mut state = State::new();
        let frame = state.read(&hex(text)).unwrap();
        let structure = state.structure().unwrap();
        assert_eq!(
            (structure.decode_target_count(), structure.chain_count()),
            (targets, 1)
        );
        let temporal: Vec<u8> = structure
            .templates()
            .iter()
            .map(|template| template.layer().temporal)
            .collect();
        assert_eq!(temporal, layers);
        assert_eq!(frame.template_id, structure.template_id_offset());
        assert!(
            frame
                .resolution
                .is_some_and(|resolution| resolution.width > resolution.height)
        );
        assert_eq!(written(&frame, structure), hex(text));
    }
}

#[test]
fn the_example_of_one_spatial_layer_survives_both_ways() {
    let structure = l1t3();
    let mut state = State::new();
    let mut first = frame(60, 1, &structure);
    first.carries_structure = true;
    assert_eq!(state.read(&written(&first, &structure)), Ok(first));
    assert_eq!(state.structure(), Some(&structure));
    assert_eq!(
        structure.target_layer(0),
        Layer {
            spatial: 0,
            temporal: 2
        }
    );
    // Ids run past 63 to 0.
    let fifth = frame(0, 2, &structure);
    assert_eq!(written(&fifth, &structure).len(), 3);
    assert_eq!(state.read(&written(&fifth, &structure)), Ok(fifth));
    assert_eq!(fifth.dependencies.indication(0), Indication::Discardable);
    assert_eq!(fifth.dependencies.chain_difference(0), 3);
    assert_eq!(state.read(&[1, 0, 3]), Err(Error::UnknownTemplate));
}

#[test]
fn a_structure_that_comes_late_serves_its_own_packet_only() {
    let structure = l1t3();
    let mut older = Structure::new(10, 1, 0, &[]).unwrap();
    older.add_template(&template((0, 0), "S", &[], &[])).unwrap();
    let mut state = State::new();
    let mut newer_frame = frame(60, 100, &structure);
    newer_frame.carries_structure = true;
    state.read(&written(&newer_frame, &structure)).unwrap();
    let mut late = frame(10, 90, &older);
    late.carries_structure = true;
    assert_eq!(state.read(&written(&late, &older)), Ok(late));
    assert_eq!(state.structure(), Some(&structure));
    assert_eq!(state.active_decode_targets(), 0b111);
    // So far back, the count has begun anew.
    late.number = 100_u16.wrapping_sub(5000);
    state.read(&written(&late, &older)).unwrap();
    assert_eq!(state.structure(), Some(&older));
    assert_eq!(state.active_decode_targets(), 1);
}

#[test]
fn a_broken_descriptor_changes_nothing() {
    let mut state = State::new();
    state.read(&hex(KEYFRAME)).unwrap();
    let before = state.clone();
    let structure = l1t3();
    let mut first = frame(60, 0x180, &structure);
    first.carries_structure = true;
    let bytes = written(&first, &structure);
    for len in 4..bytes.len() {
        // The last byte may hold padding alone, so what is cut there may still read.
        if state.read(&bytes[..len]).is_err() {
            assert_eq!(state.structure(), before.structure());
            assert_eq!(state.active_decode_targets(), before.active_decode_targets());
        }
    }
}

#[test]
fn too_much_is_refused() {
    let mut structure = Structure::new(0, 1, 0, &[]).unwrap();
    assert!(structure.add_template(&template((0, 1), "", &[], &[])).is_err());
    structure.add_template(&template((0, 0), "S", &[], &[])).unwrap();
    assert!(structure.add_template(&template((1, 1), "", &[], &[])).is_err());
    assert!(structure.add_template(&template((0, 0), "SS", &[], &[])).is_err());
    assert!(
        structure
            .add_template(&template((0, 0), "S", &[17], &[]))
            .is_err()
    );
    assert!(structure.add_template(&template((0, 0), "S", &[], &[1])).is_err());
    let mut many = template((0, 0), "", &[1; 8], &[]);
    assert_eq!(many.add_difference(1), Err(Error::TooMany("frame differences")));
    assert_eq!(
        many.set_indication(32, Indication::Switch),
        Err(Error::OutOfRange("decode target"))
    );
    assert!(Structure::new(64, 1, 0, &[]).is_err());
    assert!(Structure::new(0, 33, 0, &[]).is_err());
    assert!(Structure::new(0, 2, 2, &[0, 2]).is_err());
    assert!(Structure::new(0, 2, 3, &[0, 2]).is_err());
    // More layers than any codec has: next_layer_idc of 1 for ever.
    let bytes = [
        [0x80, 0, 0, 0x80, 0x00, 0b0001_0101].as_slice(),
        &[0b0101_0101; 40],
    ]
    .concat();
    assert_eq!(State::new().read(&bytes), Err(Error::TooMany("layers")));
    let zeroes = [[0x80, 0, 0, 0x80].as_slice(), &[0; 100]].concat();
    assert_eq!(State::new().read(&zeroes), Err(Error::TooMany("templates")));
}

#[test]
fn frame_numbers_are_changed_in_place() {
    let mut value = [0xC3, 0x01, 0x75, 0x40];
    assert_eq!(frame_number(&value), Ok(0x0175));
    set_frame_number(&mut value, 0xABCD).unwrap();
    assert_eq!(value, [0xC3, 0xAB, 0xCD, 0x40]);
    assert_eq!(set_frame_number(&mut [1, 2], 3), Err(Error::Truncated));
}

prop_compose! {
    fn dependencies(targets: usize, chains: usize, difference_max: u16, chain_max: u8)(
        indications in prop::collection::vec(0_usize..4, targets),
        differences in prop::collection::vec(1..=difference_max, 0..=DIFFERENCES_MAX),
        chain_differences in prop::collection::vec(0..=chain_max, chains),
    ) -> Dependencies {
        let symbols: String = indications.into_iter().map(|symbol| ['-', 'D', 'S', 'R'][symbol]).collect();
        template((0, 0), &symbols, &differences, &chain_differences)
    }
}

/// The same in another layer.
fn at(layer: Layer, dependencies: &Dependencies) -> Dependencies {
    let mut moved = Dependencies::new(layer);
    moved.indications = dependencies.indications;
    moved.differences = dependencies.differences;
    moved.difference_count = dependencies.difference_count;
    moved.chain_differences = dependencies.chain_differences;
    moved
}

prop_compose! {
    fn sizes()(targets in 1_u8..=32, chains in 0_u8..=32, count in 1_usize..=64) -> (u8, u8, usize) {
        (targets, chains.min(targets), count)
    }
}

fn structures() -> impl Strategy<Value = (Structure, Dependencies)> {
    sizes().prop_flat_map(|(targets, chains, count)| {
        let (target_count, chain_count) = (usize::from(targets), usize::from(chains));
        (
            0_u8..64,
            prop::collection::vec((0..3_u8, dependencies(target_count, chain_count, 16, 15)), count),
            prop::collection::vec(0..chains.max(1), if chains == 0 { 0 } else { target_count }),
            prop::option::of(prop::collection::vec((1_u32..=65_536, 1_u32..=65_536), 4)),
            dependencies(target_count, chain_count, 4096, 255),
        )
            .prop_map(move |(offset, templates, protected_by, resolutions, custom)| {
                let mut structure = Structure::new(offset, targets, chains, &protected_by).unwrap();
                let mut layer = Layer::default();
                for (step, template) in templates {
                    let first = structure.templates().is_empty();
                    match step {
                        1 if !first && layer.temporal < 7 => layer.temporal += 1,
                        2 if !first && layer.spatial < 3 => {
                            layer = Layer {
                                spatial: layer.spatial + 1,
                                temporal: 0,
                            };
                        }
                        _ => {}
                    }
                    structure.add_template(&at(layer, &template)).unwrap();
                }
                if let Some(resolutions) = resolutions {
                    let count = usize::from(structure.spatial_layer_count());
                    let resolutions: Vec<_> = resolutions
                        .into_iter()
                        .take(count)
                        .map(|(width, height)| Resolution { width, height })
                        .collect();
                    structure.set_resolutions(&resolutions).unwrap();
                }
                (structure, custom)
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes_never_panic(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 1..4)) {
        let mut state = State::new();
        state.read(&hex(KEYFRAME)).unwrap();
        for mut value in values {
            let _ = state.read(&value);
            // The same with a structure, whatever it says.
            if let Some(flags) = value.get_mut(3) {
                *flags |= 0x80;
            }
            let _ = State::new().read(&value);
            let _ = (frame_number(&value), set_frame_number(&mut value, 7));
        }
    }

    #[test]
    fn what_is_written_is_read(
        (structure, custom) in structures(),
        (index, number, edges) in (any::<prop::sample::Index>(), any::<u16>(), any::<(bool, bool)>()),
        (carries_structure, mask, own) in (any::<bool>(), any::<Option<u32>>(), any::<[bool; 3]>()),
    ) {
        let index = u8::try_from(index.index(structure.templates().len())).unwrap();
        let template_id = (structure.template_id_offset() + index) % 64;
        let template = *structure.template(template_id).unwrap();
        let mut dependencies = template;
        if own[0] { dependencies.indications = custom.indications; }
        if own[1] {
            dependencies.differences = custom.differences;
            dependencies.difference_count = custom.difference_count;
        }
        if own[2] { dependencies.chain_differences = custom.chain_differences; }
        let frame = Frame {
            start_of_frame: edges.0,
            end_of_frame: edges.1,
            template_id,
            number,
            carries_structure,
            active_decode_targets: mask.map(|mask| mask & structure.all_decode_targets()),
            dependencies,
            resolution: structure.resolution(template.layer().spatial),
        };
        let mut out = [0xEE; 4096];
        let mut state = State::new();
        let keyframe = Frame { carries_structure: true, number: number.wrapping_sub(1), ..frame };
        let len = write(&mut out, &keyframe, &structure).unwrap();
        prop_assert_eq!(state.read(&out[..len]), Ok(keyframe));
        prop_assert_eq!(state.structure(), Some(&structure));
        let len = write(&mut out, &frame, &structure).unwrap();
        prop_assert_eq!(state.read(&out[..len]), Ok(frame));
        prop_assert_eq!(state.active_decode_targets(), frame.active_decode_targets.unwrap_or(structure.all_decode_targets()));
        for short in 0..len {
            prop_assert_eq!(write(&mut out[..short], &frame, &structure), Err(Error::NoRoom));
        }
    }
}
