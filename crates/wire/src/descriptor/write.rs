//! Writing descriptors.

use super::read::Frame;
use super::structure::{Dependencies, Structure, layer_step};
use crate::bits::BitWriter;
use crate::{Error, Result};

/// Write the descriptor of a packet to the front of `out` and return its length in bytes: three at least, and
/// more than a one-byte header extension holds (16) when it carries the structure.
///
/// The frame's template must be in `structure`, with the frame's layer; what else differs from it is written
/// out. The structure itself goes along when [`Frame::carries_structure`] says so, and the mask of active
/// decode targets when [`Frame::active_decode_targets`] holds one. [`Frame::resolution`] is the structure's
/// and not written.
pub fn write(out: &mut [u8], frame: &Frame, structure: &Structure) -> Result<usize> {
    let template = structure
        .template(frame.template_id)
        .ok_or(Error::UnknownTemplate)?;
    let dependencies = &frame.dependencies;
    if dependencies.layer() != template.layer() || frame.template_id > 63 {
        return Err(Error::OutOfRange("template"));
    }
    let custom_indications = dependencies.indications != template.indications;
    let custom_differences = dependencies.differences() != template.differences();
    let custom_chains = dependencies.chain_differences != template.chain_differences;
    let mut writer = BitWriter::new(out);
    writer.flag(frame.start_of_frame)?;
    writer.flag(frame.end_of_frame)?;
    writer.bits(6, u32::from(frame.template_id))?;
    writer.bits(16, u32::from(frame.number))?;
    let flags = [
        frame.carries_structure,
        frame.active_decode_targets.is_some(),
        custom_indications,
        custom_differences,
        custom_chains,
    ];
    if !flags.contains(&true) {
        return Ok(writer.len());
    }
    flags.iter().try_for_each(|flag| writer.flag(*flag))?;
    if frame.carries_structure {
        write_structure(&mut writer, structure)?;
    }
    if let Some(active) = frame.active_decode_targets {
        if active & !structure.all_decode_targets() != 0 {
            return Err(Error::OutOfRange("active decode targets"));
        }
        writer.bits(u32::from(structure.decode_target_count), active)?;
    }
    if custom_indications {
        write_indications(&mut writer, structure, dependencies)?;
    }
    if custom_differences {
        for difference in dependencies.differences() {
            write_difference(&mut writer, *difference)?;
        }
        writer.bits(2, 0)?;
    }
    if custom_chains {
        for difference in dependencies
            .chain_differences
            .iter()
            .take(structure.chain_count())
        {
            writer.bits(8, u32::from(*difference))?;
        }
    }
    Ok(writer.len())
}

/// A reference in as few units of four bits as it takes.
fn write_difference(writer: &mut BitWriter<'_>, difference: u16) -> Result<()> {
    let stored = u32::from(difference.saturating_sub(1));
    let size = match stored {
        0..0x10 => 1,
        0x10..0x100 => 2,
        _ => 3_u32,
    };
    writer.bits(2, size)?;
    writer.bits(size.saturating_mul(4), stored)
}

fn write_indications(
    writer: &mut BitWriter<'_>,
    structure: &Structure,
    dependencies: &Dependencies,
) -> Result<()> {
    (0..structure.decode_target_count())
        .try_for_each(|target| writer.bits(2, u32::from(dependencies.indication(target).bits())))
}

/// Source: `template_dependency_structure`.
fn write_structure(writer: &mut BitWriter<'_>, structure: &Structure) -> Result<()> {
    let templates = structure.templates();
    writer.bits(6, u32::from(structure.template_id_offset))?;
    writer.bits(5, u32::from(structure.decode_target_count.saturating_sub(1)))?;
    let next = templates.iter().skip(1);
    for (template, next) in templates.iter().zip(next) {
        let step = layer_step(template.layer(), next.layer()).ok_or(Error::OutOfRange("template layer"))?;
        writer.bits(2, u32::from(step))?;
    }
    writer.bits(2, 3)?;
    for template in templates {
        write_indications(writer, structure, template)?;
    }
    for template in templates {
        for difference in template.differences() {
            writer.flag(true)?;
            writer.bits(4, u32::from(difference.saturating_sub(1)))?;
        }
        writer.flag(false)?;
    }
    writer.below(
        structure.decode_target_count.saturating_add(1),
        structure.chain_count,
    )?;
    if structure.chain_count > 0 {
        for chain in structure
            .protected_by
            .iter()
            .take(structure.decode_target_count())
        {
            writer.below(structure.chain_count, *chain)?;
        }
        for template in templates {
            for difference in template.chain_differences.iter().take(structure.chain_count()) {
                writer.bits(4, u32::from(*difference))?;
            }
        }
    }
    writer.flag(structure.resolution_count > 0)?;
    for resolution in structure
        .resolutions
        .iter()
        .take(usize::from(structure.resolution_count))
    {
        writer.bits(16, resolution.width.saturating_sub(1))?;
        writer.bits(16, resolution.height.saturating_sub(1))?;
    }
    Ok(())
}
