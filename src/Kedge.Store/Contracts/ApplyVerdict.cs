namespace Kedge.Store.Contracts;

/// <summary>What an apply does to one object.</summary>
public enum ApplyVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It was not there before.</summary>
    Created = 1,

    /// <summary>It says something else now.</summary>
    Updated = 2,

    /// <summary>It said the same already.</summary>
    Unchanged = 3,
}
