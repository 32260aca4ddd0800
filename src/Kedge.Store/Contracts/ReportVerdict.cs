namespace Kedge.Store.Contracts;

/// <summary>What became of a report.</summary>
public enum ReportVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It is durable: it may be acknowledged.</summary>
    Committed = 1,

    /// <summary>Its sequence is not above the last that was committed: acknowledge it, it is durable already.</summary>
    Duplicate = 2,

    /// <summary>No device of that name.</summary>
    UnknownDevice = 3,

    /// <summary>Another installation holds the name.</summary>
    OtherIncarnation = 4,

    /// <summary>The device was revoked.</summary>
    Revoked = 5,
}
