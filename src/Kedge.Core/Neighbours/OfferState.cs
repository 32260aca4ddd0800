namespace Kedge.Core.Neighbours;

/// <summary>How a device stands to one file, or to one package's envelope.</summary>
public enum OfferState
{
    /// <summary>Not a valid value; also a word that this version does not know.</summary>
    Unknown = 0,

    /// <summary>It does not want it now; it may have some chunks from before.</summary>
    None = 1,

    /// <summary>It wants it and knows nobody to take it from.</summary>
    Wanted = 2,

    /// <summary>As <see cref="Wanted"/>, and about to fetch it over the WAN unless somebody objects.</summary>
    Claiming = 3,

    /// <summary>It fetches it over the WAN.</summary>
    Leading = 4,

    /// <summary>It has all of it.</summary>
    Whole = 5,

    /// <summary>It takes it from another device, which leads, follows as well, or has all of it.</summary>
    Following = 6,
}
