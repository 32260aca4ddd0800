namespace Kedge.Store.Contracts;

/// <summary>What became of a token that somebody showed.</summary>
public enum TokenVerdict
{
    /// <summary>No token of this tenant has that hash.</summary>
    Unknown = 0,

    /// <summary>One use of it is gone.</summary>
    Consumed = 1,

    /// <summary>It has expired.</summary>
    Expired = 2,

    /// <summary>All its uses are gone.</summary>
    UsedUp = 3,

    /// <summary>It is for another device.</summary>
    WrongDevice = 4,

    /// <summary>It does not let hardware be replaced.</summary>
    NotForReplacement = 5,
}
