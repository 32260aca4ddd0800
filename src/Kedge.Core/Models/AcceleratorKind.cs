namespace Kedge.Core.Models;

/// <summary>The kind of hardware that computes a model.</summary>
public enum AcceleratorKind
{
    /// <summary>Not known to this version; never chosen.</summary>
    Unknown = 0,

    /// <summary>The device's processor; every device has one.</summary>
    Cpu = 1,

    /// <summary>A graphics processor.</summary>
    Gpu = 2,

    /// <summary>A neural processing unit, as found in systems on chip.</summary>
    Npu = 3,

    /// <summary>A tensor processing unit, as on a card or stick of its own.</summary>
    Tpu = 4,
}
