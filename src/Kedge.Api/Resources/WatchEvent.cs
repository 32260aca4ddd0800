namespace Kedge.Api.Resources;

/// <summary>What happened to a resource that is watched.</summary>
public enum WatchKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>It is there, and was not sent before.</summary>
    Added = 1,

    /// <summary>It has changed.</summary>
    Modified = 2,

    /// <summary>It is gone; the item is as it was last.</summary>
    Deleted = 3,

    /// <summary>Everything that is there now was sent; there is no item.</summary>
    Synced = 4,
}

/// <summary>One change of a watched list.</summary>
/// <typeparam name="T">Kind of resource.</typeparam>
/// <param name="Kind">What happened.</param>
/// <param name="Item">The resource; null for <see cref="WatchKind.Synced"/>.</param>
public sealed record WatchEvent<T>(WatchKind Kind, T? Item)
    where T : class;
