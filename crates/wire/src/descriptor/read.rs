//! Reading descriptors.

use super::structure::{Dependencies, Layer, Resolution, Structure};
use super::{DECODE_TARGETS_MAX, SPATIAL_LAYERS_MAX, TEMPLATES_MAX, TEMPORAL_LAYERS_MAX};
use crate::bits::BitReader;
use crate::sequence::Wrapping;
use crate::{Error, Result};

/// How many frames a structure may come late before its lower frame number means that numbering began anew.
/// Ten seconds at 50 frames a second: nothing is reordered for longer.
const LATE_FRAMES_MAX: i64 = 500;

/// What a packet says of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether the packet is the first of its frame.
    pub start_of_frame: bool,
    /// Whether the packet is the last of its frame. Higher spatial layers of the picture may follow.
    pub end_of_frame: bool,
    /// The template's id, 0 to 63.
    pub template_id: u8,
    /// The frame's number, one more per frame in decoding order; wraps.
    pub number: u16,
    /// Whether the packet carries the structure: it is the first of a coded video sequence, which is a
    /// keyframe.
    pub carries_structure: bool,
    /// The decode targets that are still produced, target 0 lowest, if the packet says so itself.
    pub active_decode_targets: Option<u32>,
    /// What the frame needs and who needs it.
    pub dependencies: Dependencies,
    /// What the frame measures at most, if the stream says.
    pub resolution: Option<Resolution>,
}

/// What one stream's packets so far have said.
#[derive(Clone, Debug, Default)]
pub struct State {
    structure: Option<Structure>,
    structure_frame: u16,
    active: u32,
    active_frame: u16,
}

impl State {
    /// Nothing known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            structure: None,
            structure_frame: 0,
            active: 0,
            active_frame: 0,
        }
    }

    /// The current structure.
    #[must_use]
    pub const fn structure(&self) -> Option<&Structure> {
        self.structure.as_ref()
    }

    /// The decode targets still produced, target 0 lowest; zero before the first structure.
    #[must_use]
    pub const fn active_decode_targets(&self) -> u32 {
        self.active
    }

    /// Read the value of a header extension. What cannot be read changes nothing.
    pub fn read(&mut self, value: &[u8]) -> Result<Frame> {
        let mut reader = BitReader::new(value);
        let start_of_frame = reader.flag()?;
        let end_of_frame = reader.flag()?;
        let template_id = reader.byte(6)?;
        let number = reader.short(16)?;
        let flags = if value.len() > 3 {
            Flags::parse(&mut reader)?
        } else {
            Flags::default()
        };
        let attached = if flags.structure {
            Some(read_structure(&mut reader)?)
        } else {
            None
        };
        let structure = attached
            .as_ref()
            .or(self.structure.as_ref())
            .ok_or(Error::UnknownTemplate)?;
        let active_decode_targets = if flags.active_decode_targets {
            Some(reader.bits(u32::from(structure.decode_target_count))?)
        } else {
            None
        };
        let template = structure.template(template_id).ok_or(Error::UnknownTemplate)?;
        let dependencies = read_dependencies(&mut reader, flags, structure, template)?;
        let frame = Frame {
            start_of_frame,
            end_of_frame,
            template_id,
            number,
            carries_structure: flags.structure,
            active_decode_targets,
            dependencies,
            resolution: structure.resolution(dependencies.layer().spatial),
        };
        // A structure without a mask says that all are active (A.4).
        let active = active_decode_targets.or_else(|| attached.as_ref().map(Structure::all_decode_targets));
        if let Some(active) = active
            && (self.structure.is_none() || !is_late(number, self.active_frame))
        {
            self.active = active;
            self.active_frame = number;
        }
        if attached.is_some() && (self.structure.is_none() || !is_late(number, self.structure_frame)) {
            self.structure = attached;
            self.structure_frame = number;
        }
        Ok(frame)
    }
}

/// Whether a frame comes after a newer one, rather than out of a new count.
fn is_late(number: u16, newest: u16) -> bool {
    (-LATE_FRAMES_MAX..0).contains(&number.steps_since(newest))
}

/// Which parts a descriptor has.
#[derive(Clone, Copy, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the format's flags, each on its own"
)]
struct Flags {
    structure: bool,
    active_decode_targets: bool,
    indications: bool,
    differences: bool,
    chain_differences: bool,
}

impl Flags {
    fn parse(reader: &mut BitReader<'_>) -> Result<Self> {
        Ok(Self {
            structure: reader.flag()?,
            active_decode_targets: reader.flag()?,
            indications: reader.flag()?,
            differences: reader.flag()?,
            chain_differences: reader.flag()?,
        })
    }
}

/// The template with what the packet has of its own. Source: `frame_dependency_definition`.
fn read_dependencies(
    reader: &mut BitReader<'_>,
    flags: Flags,
    structure: &Structure,
    template: &Dependencies,
) -> Result<Dependencies> {
    let mut dependencies = *template;
    if flags.indications {
        dependencies.indications = read_indications(reader, structure)?;
    }
    if flags.differences {
        dependencies.clear_differences();
        loop {
            let size = reader.bits(2)?;
            if size == 0 {
                break;
            }
            let difference = reader.short(size.saturating_mul(4))?;
            dependencies.add_difference(difference.saturating_add(1))?;
        }
    }
    if flags.chain_differences {
        for slot in dependencies
            .chain_differences
            .iter_mut()
            .take(structure.chain_count())
        {
            *slot = reader.byte(8)?;
        }
    }
    Ok(dependencies)
}

fn read_indications(reader: &mut BitReader<'_>, structure: &Structure) -> Result<u64> {
    let mut indications = 0_u64;
    for target in 0..structure.decode_target_count() {
        indications |= u64::from(reader.bits(2)?) << ((target << 1) & 63);
    }
    Ok(indications)
}

/// Source: `template_dependency_structure`.
fn read_structure(reader: &mut BitReader<'_>) -> Result<Structure> {
    let template_id_offset = reader.byte(6)?;
    let decode_target_count = reader.byte(5)?.saturating_add(1);
    let mut structure = Structure::new(template_id_offset, decode_target_count, 0, &[])?;
    read_layers(reader, &mut structure)?;
    let template_count = usize::from(structure.template_count);
    for index in 0..template_count {
        let indications = read_indications(reader, &structure)?;
        if let Some(template) = structure.templates.get_mut(index) {
            template.indications = indications;
        }
    }
    for template in structure.templates.iter_mut().take(template_count) {
        while reader.flag()? {
            template.add_difference(reader.short(4)?.saturating_add(1))?;
        }
    }
    read_chains(reader, &mut structure)?;
    if reader.flag()? {
        structure.resolution_count = structure.spatial_layer_count();
        let count = usize::from(structure.resolution_count);
        for slot in structure.resolutions.iter_mut().take(count) {
            let width = reader.bits(16)?.saturating_add(1);
            let height = reader.bits(16)?.saturating_add(1);
            *slot = Resolution { width, height };
        }
    }
    Ok(structure)
}

/// Source: `template_layers`.
fn read_layers(reader: &mut BitReader<'_>, structure: &mut Structure) -> Result<()> {
    let mut layer = Layer::default();
    loop {
        if usize::from(structure.template_count) >= TEMPLATES_MAX {
            return Err(Error::TooMany("templates"));
        }
        if layer.spatial >= SPATIAL_LAYERS_MAX || layer.temporal >= TEMPORAL_LAYERS_MAX {
            return Err(Error::TooMany("layers"));
        }
        structure.add_template(&Dependencies::new(layer))?;
        match reader.bits(2)? {
            0 => {}
            1 => layer.temporal = layer.temporal.saturating_add(1),
            2 => {
                layer = Layer {
                    spatial: layer.spatial.saturating_add(1),
                    temporal: 0,
                }
            }
            _ => return Ok(()),
        }
    }
}

/// Source: `template_chains`.
fn read_chains(reader: &mut BitReader<'_>, structure: &mut Structure) -> Result<()> {
    structure.chain_count = reader.below(structure.decode_target_count.saturating_add(1))?;
    if structure.chain_count == 0 {
        return Ok(());
    }
    let chains = structure.chain_count();
    let targets = structure.decode_target_count().min(DECODE_TARGETS_MAX);
    for slot in structure.protected_by.iter_mut().take(targets) {
        *slot = reader.below(structure.chain_count)?;
    }
    let template_count = usize::from(structure.template_count);
    for template in structure.templates.iter_mut().take(template_count) {
        for slot in template.chain_differences.iter_mut().take(chains) {
            *slot = reader.byte(4)?;
        }
    }
    Ok(())
}
