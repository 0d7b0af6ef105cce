//! Templates and what they are made of.

use super::{
    CHAINS_MAX, DECODE_TARGETS_MAX, DIFFERENCES_MAX, SPATIAL_LAYERS_MAX, TEMPLATES_MAX, TEMPORAL_LAYERS_MAX,
};
use crate::{Error, Result};

/// What a frame is to a decode target. Source: table A.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    /// The frame is not part of the target.
    NotPresent,
    /// No other frame of the target needs it.
    Discardable,
    /// When it can be decoded, so can all later frames of the target: a place to switch to it.
    Switch,
    /// Other frames of the target need it.
    Required,
}

impl Indication {
    const fn of(bits: u64) -> Self {
        match bits & 0b11 {
            0 => Self::NotPresent,
            1 => Self::Discardable,
            2 => Self::Switch,
            _ => Self::Required,
        }
    }

    pub(super) const fn bits(self) -> u8 {
        match self {
            Self::NotPresent => 0,
            Self::Discardable => 1,
            Self::Switch => 2,
            Self::Required => 3,
        }
    }
}

/// A place in the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// The spatial layer, 0 to 3; 0 is the smallest.
    pub spatial: u8,
    /// The temporal layer, 0 to 7; 0 is the base.
    pub temporal: u8,
}

/// The most that frames of a spatial layer measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Pixels, 1 to 65,536.
    pub width: u32,
    /// Pixels, 1 to 65,536.
    pub height: u32,
}

/// What a frame needs and who needs it: of one frame, or of all that name a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    layer: Layer,
    /// Two bits per decode target, target 0 lowest.
    pub(super) indications: u64,
    pub(super) differences: [u16; DIFFERENCES_MAX],
    pub(super) difference_count: u8,
    pub(super) chain_differences: [u8; CHAINS_MAX],
}

impl Dependencies {
    /// Nothing but a layer: no targets, no references, no chains.
    #[must_use]
    pub const fn new(layer: Layer) -> Self {
        Self {
            layer,
            indications: 0,
            differences: [0; DIFFERENCES_MAX],
            difference_count: 0,
            chain_differences: [0; CHAINS_MAX],
        }
    }

    /// The layer.
    #[must_use]
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    /// What the frame is to a decode target; not present in targets that the stream lacks.
    #[must_use]
    pub const fn indication(&self, target: usize) -> Indication {
        if target < DECODE_TARGETS_MAX {
            Indication::of(self.indications >> ((target << 1) & 63))
        } else {
            Indication::NotPresent
        }
    }

    /// Say what the frame is to a decode target.
    pub fn set_indication(&mut self, target: usize, indication: Indication) -> Result<()> {
        if target >= DECODE_TARGETS_MAX {
            return Err(Error::OutOfRange("decode target"));
        }
        let shift = (target << 1) & 63;
        self.indications = (self.indications & !(0b11 << shift)) | (u64::from(indication.bits()) << shift);
        Ok(())
    }

    /// How many frames back the references lie: up to eight numbers, 1 to 16 in templates and to 4,096 in
    /// frames.
    #[must_use]
    pub fn differences(&self) -> &[u16] {
        self.differences
            .get(..usize::from(self.difference_count))
            .unwrap_or_default()
    }

    /// Add a reference `difference` frames back, 1 to 4,096.
    pub fn add_difference(&mut self, difference: u16) -> Result<()> {
        if !(1..=4096).contains(&difference) {
            return Err(Error::OutOfRange("frame difference"));
        }
        let slot = self.differences.get_mut(usize::from(self.difference_count));
        *slot.ok_or(Error::TooMany("frame differences"))? = difference;
        self.difference_count = self.difference_count.saturating_add(1);
        Ok(())
    }

    /// Forget the references.
    pub const fn clear_differences(&mut self) {
        self.difference_count = 0;
        self.differences = [0; DIFFERENCES_MAX];
    }

    /// How many frames back the frame before in a chain lies: 0 to 15 in templates, to 255 in frames; 0 when
    /// the chain begins here and in chains that the stream lacks.
    #[must_use]
    pub fn chain_difference(&self, chain: usize) -> u8 {
        self.chain_differences.get(chain).copied().unwrap_or_default()
    }

    /// Say how many frames back the frame before in a chain lies.
    pub fn set_chain_difference(&mut self, chain: usize, difference: u8) -> Result<()> {
        *self
            .chain_differences
            .get_mut(chain)
            .ok_or(Error::OutOfRange("chain"))? = difference;
        Ok(())
    }
}

/// How a stream is made up, from one keyframe to the next. About 4 KiB; lives with its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    pub(super) template_id_offset: u8,
    pub(super) decode_target_count: u8,
    pub(super) chain_count: u8,
    pub(super) template_count: u8,
    pub(super) resolution_count: u8,
    pub(super) protected_by: [u8; DECODE_TARGETS_MAX],
    pub(super) resolutions: [Resolution; SPATIAL_LAYERS_MAX as usize],
    pub(super) templates: [Dependencies; TEMPLATES_MAX],
}

impl Structure {
    /// A structure of no templates yet.
    ///
    /// `template_id_offset` is the first template's id, 0 to 63; `decode_target_count` is 1 to 32;
    /// `protected_by` names for each decode target the chain that protects it, with `chain_count` chains, or
    /// is empty without chains.
    pub fn new(
        template_id_offset: u8,
        decode_target_count: u8,
        chain_count: u8,
        protected_by: &[u8],
    ) -> Result<Self> {
        let targets = usize::from(decode_target_count);
        if template_id_offset > 63 {
            return Err(Error::OutOfRange("template id"));
        }
        if targets == 0 || targets > DECODE_TARGETS_MAX {
            return Err(Error::OutOfRange("decode targets"));
        }
        let protected = if chain_count == 0 { 0 } else { targets };
        let in_range = protected_by.iter().all(|chain| *chain < chain_count);
        if chain_count > decode_target_count || protected_by.len() != protected || !in_range {
            return Err(Error::OutOfRange("chains"));
        }
        let mut structure = Self {
            template_id_offset,
            decode_target_count,
            chain_count,
            template_count: 0,
            resolution_count: 0,
            protected_by: [0; DECODE_TARGETS_MAX],
            resolutions: [Resolution { width: 0, height: 0 }; SPATIAL_LAYERS_MAX as usize],
            templates: [Dependencies::new(Layer {
                spatial: 0,
                temporal: 0,
            }); TEMPLATES_MAX],
        };
        for (slot, chain) in structure.protected_by.iter_mut().zip(protected_by) {
            *slot = *chain;
        }
        Ok(structure)
    }

    /// Add a template. The first is of layer 0/0; each next one is of the same layer, one temporal layer
    /// higher, or of temporal layer 0 one spatial layer higher. Its differences are at most 16, its chain
    /// differences at most 15.
    pub fn add_template(&mut self, template: &Dependencies) -> Result<()> {
        let expected = self.templates().last().map(Dependencies::layer);
        let step = match expected {
            None => (template.layer == Layer::default()).then_some(0),
            Some(last) => layer_step(last, template.layer),
        };
        if step.is_none() {
            return Err(Error::OutOfRange("template layer"));
        }
        if template.layer.spatial >= SPATIAL_LAYERS_MAX || template.layer.temporal >= TEMPORAL_LAYERS_MAX {
            return Err(Error::TooMany("layers"));
        }
        let short = template.differences().iter().all(|difference| *difference <= 16)
            && template
                .chain_differences
                .iter()
                .all(|difference| *difference <= 15);
        let targets = u32::from(self.decode_target_count);
        let beyond = template
            .indications
            .checked_shr(targets.saturating_mul(2))
            .unwrap_or_default();
        let chains = usize::from(self.chain_count);
        let chains_beyond = template
            .chain_differences
            .iter()
            .skip(chains)
            .any(|difference| *difference != 0);
        if !short || beyond != 0 || chains_beyond {
            return Err(Error::OutOfRange("template"));
        }
        let slot = self.templates.get_mut(usize::from(self.template_count));
        *slot.ok_or(Error::TooMany("templates"))? = *template;
        self.template_count = self.template_count.saturating_add(1);
        Ok(())
    }

    /// Say what the spatial layers measure, one resolution for each, after the last template was added.
    pub fn set_resolutions(&mut self, resolutions: &[Resolution]) -> Result<()> {
        let fits = |pixels: u32| (1..=65_536).contains(&pixels);
        if resolutions.len() != usize::from(self.spatial_layer_count())
            || !resolutions
                .iter()
                .all(|resolution| fits(resolution.width) && fits(resolution.height))
        {
            return Err(Error::OutOfRange("resolutions"));
        }
        for (slot, resolution) in self.resolutions.iter_mut().zip(resolutions) {
            *slot = *resolution;
        }
        self.resolution_count = self.spatial_layer_count();
        Ok(())
    }

    /// The first template's id, 0 to 63.
    #[must_use]
    pub const fn template_id_offset(&self) -> u8 {
        self.template_id_offset
    }

    /// How many decode targets there are, 1 to 32.
    #[must_use]
    pub const fn decode_target_count(&self) -> usize {
        self.decode_target_count as usize
    }

    /// All decode targets as a mask, target 0 lowest.
    #[must_use]
    pub const fn all_decode_targets(&self) -> u32 {
        u32::MAX >> (32_u32.saturating_sub(self.decode_target_count as u32) & 31)
    }

    /// How many chains there are, 0 to 32.
    #[must_use]
    pub const fn chain_count(&self) -> usize {
        self.chain_count as usize
    }

    /// How many spatial layers there are, 1 to 4; 0 before the first template.
    #[must_use]
    pub fn spatial_layer_count(&self) -> u8 {
        self.templates()
            .last()
            .map_or(0, |template| template.layer.spatial.saturating_add(1))
    }

    /// The chain that protects a decode target; `None` without chains.
    #[must_use]
    pub fn protecting_chain(&self, target: usize) -> Option<usize> {
        let protected = self.chain_count > 0 && target < self.decode_target_count();
        self.protected_by
            .get(target)
            .filter(|_| protected)
            .map(|chain| usize::from(*chain))
    }

    /// The templates in order of their ids.
    #[must_use]
    pub fn templates(&self) -> &[Dependencies] {
        self.templates
            .get(..usize::from(self.template_count))
            .unwrap_or_default()
    }

    /// The template with this id. Ids count from the offset, past 63 from 0 again.
    #[must_use]
    pub fn template(&self, id: u8) -> Option<&Dependencies> {
        let index = id.wrapping_sub(self.template_id_offset) & 63;
        self.templates().get(usize::from(index))
    }

    /// What a spatial layer's frames measure at most, if the stream says.
    #[must_use]
    pub fn resolution(&self, spatial: u8) -> Option<Resolution> {
        self.resolutions
            .get(..usize::from(self.resolution_count))?
            .get(usize::from(spatial))
            .copied()
    }

    /// The highest layers that a decode target holds. Source: `decode_target_layers` in A.8.2.
    #[must_use]
    pub fn target_layer(&self, target: usize) -> Layer {
        let present = self.templates().iter().filter(|template| {
            target < self.decode_target_count() && template.indication(target) != Indication::NotPresent
        });
        present.fold(Layer::default(), |highest, template| Layer {
            spatial: highest.spatial.max(template.layer.spatial),
            temporal: highest.temporal.max(template.layer.temporal),
        })
    }

    /// The decode target that goes up to exactly these layers.
    #[must_use]
    pub fn target_of(&self, layer: Layer) -> Option<usize> {
        (0..self.decode_target_count()).find(|target| self.target_layer(*target) == layer)
    }
}

/// `next_layer_idc` from one template's layer to the next one's. Source: table A.2.
pub(super) fn layer_step(from: Layer, to: Layer) -> Option<u8> {
    if to == from {
        Some(0)
    } else if to.spatial == from.spatial && to.temporal == from.temporal.saturating_add(1) {
        Some(1)
    } else if to.temporal == 0 && to.spatial == from.spatial.saturating_add(1) {
        Some(2)
    } else {
        None
    }
}
