namespace Kedge.Store.Contracts;

/// <summary>Why an object keeps a manifest from being applied.</summary>
public enum ApplyRefusal
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>Somebody else changed it first.</summary>
    RevisionConflict = 1,

    /// <summary>The object must be there already: a device enrols, it is not applied.</summary>
    NotFound = 2,

    /// <summary>A deployment of that name is being deleted.</summary>
    Deleting = 3,

    /// <summary>A package that it names is not there.</summary>
    PackageMissing = 4,

    /// <summary>The name or secret of a token is taken.</summary>
    NameTaken = 5,

    /// <summary>A newer version of the document holds.</summary>
    VersionStale = 6,

    /// <summary>The same version of the document holds with other content.</summary>
    VersionConflict = 7,
}
