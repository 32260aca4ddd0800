namespace Kedge.Core.Manifests;

/// <summary>
/// What kind of value a field takes. Each has its check, its JSON Schema and its words in the documentation.
/// </summary>
public enum FieldShape
{
    /// <summary>Not a valid shape.</summary>
    Unknown = 0,

    /// <summary>Any text within its length.</summary>
    Text = 1,

    /// <summary>A DNS label.</summary>
    Name = 2,

    /// <summary>A whole number within its range.</summary>
    Integer = 3,

    /// <summary>True or false.</summary>
    Boolean = 4,

    /// <summary>Memory, as <c>256Mi</c>.</summary>
    Memory = 5,

    /// <summary>CPU, as <c>500m</c>.</summary>
    Cpu = 6,

    /// <summary>A span of time, as <c>24h</c>.</summary>
    Duration = 7,

    /// <summary>Processors, as <c>0-1,3</c> or <c>auto</c>.</summary>
    CpuSet = 8,

    /// <summary>A package by tag or digest.</summary>
    Package = 9,

    /// <summary>One of a few words.</summary>
    Word = 10,

    /// <summary>The key of a label.</summary>
    LabelKey = 11,

    /// <summary>The value of a label.</summary>
    LabelValue = 12,

    /// <summary>Labels: keys with their values.</summary>
    Labels = 13,

    /// <summary>Tags with the digests that they name.</summary>
    Tags = 14,

    /// <summary>A digest.</summary>
    Digest = 15,

    /// <summary>A public key in base64.</summary>
    PublicKey = 16,

    /// <summary>A model's name, its beginning and <c>*</c>, or <c>*</c> alone.</summary>
    ModelPattern = 17,

    /// <summary>Fields of its own.</summary>
    Object = 18,

    /// <summary>Values of one shape in order.</summary>
    List = 19,

    /// <summary>Whatever the server wrote there; read over.</summary>
    Ignored = 20,

    /// <summary>A number of devices, or a share of them, as <c>10%</c>.</summary>
    DeviceAmount = 21,

    /// <summary>A share of all, as <c>0.5%</c>; bounds in millionths.</summary>
    Share = 22,

    /// <summary>How many times as much, as <c>1.5</c>; bounds in thousandths.</summary>
    Ratio = 23,

    /// <summary>A short time, as <c>50ms</c>; bounds in microseconds.</summary>
    Latency = 24,

    /// <summary>A time of day, as <c>22:30</c>; bounds in minutes since midnight.</summary>
    TimeOfDay = 25,

    /// <summary>A number of 0 or above that may have a fraction, as <c>0.02</c> or <c>1e-5</c>; bounds in whole
    /// numbers.</summary>
    Decimal = 26,

    /// <summary>A point in time, as <c>2027-06-01T00:00:00Z</c>.</summary>
    Instant = 27,

    /// <summary>A tag of a model.</summary>
    Tag = 28,
}
