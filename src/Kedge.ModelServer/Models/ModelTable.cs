using System.Collections.Immutable;

namespace Kedge.ModelServer.Models;

/// <summary>
/// What can be asked at one moment: a snapshot that never changes. Front ends see nothing else of loading and
/// unloading.
/// </summary>
/// <param name="models">Every version of every model; of one name the first is the one that answers unasked.</param>
internal sealed class ModelTable(ImmutableArray<ServedModel> models)
{
    internal static readonly ModelTable Empty = new([]);

    /// <summary>All of them.</summary>
    internal ImmutableArray<ServedModel> Models => models;

    /// <summary>The model of this name, and of this version when one is named; null when there is none.</summary>
    internal ServedModel? Find(ReadOnlySpan<char> name, ReadOnlySpan<char> version)
    {
        foreach (ServedModel model in models)
        {
            if (name.SequenceEqual(model.Name) && (version.IsEmpty || version.SequenceEqual(model.Version)))
            {
                return model;
            }
        }

        return null;
    }
}
