namespace Kedge.Store.Contracts;

/// <summary>Kinds of document that the owner key signs.</summary>
public enum TrustKind
{
    /// <summary>Never stored.</summary>
    Unknown = 0,

    /// <summary>Which keys may sign which models.</summary>
    SigningPolicy = 1,

    /// <summary>Which keys may sign desired states.</summary>
    DesiredKeys = 2,

    /// <summary>Which authorities devices and servers trust.</summary>
    Authorities = 3,

    /// <summary>Changes of the owner key: version n leads from key n - 1 to key n.</summary>
    OwnerKey = 4,
}
