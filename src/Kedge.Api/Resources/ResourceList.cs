namespace Kedge.Api.Resources;

/// <summary>A list with the revision of the store that it shows.</summary>
/// <typeparam name="T">Kind of resource.</typeparam>
public sealed record ResourceList<T>
{
    /// <summary>The resources, in order of their names unless the call says otherwise.</summary>
    public IReadOnlyList<T> Items { get; init; } = [];

    /// <summary>Revision of the store when the list was read, from 0.</summary>
    public long Revision { get; init; }
}
