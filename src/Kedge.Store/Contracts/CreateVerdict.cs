namespace Kedge.Store.Contracts;

/// <summary>What became of something new with a name.</summary>
public enum CreateVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It is there now.</summary>
    Created = 1,

    /// <summary>The name is taken.</summary>
    NameTaken = 2,

    /// <summary>The secret is taken: make another.</summary>
    HashTaken = 3,
}
