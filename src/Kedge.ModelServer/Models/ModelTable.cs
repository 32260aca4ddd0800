using System.Collections.Immutable;
using Kedge.Inference.Protocol;

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

    /// <summary>Every model, every version of one, or one version.</summary>
    /// <param name="model">A model that was found; null for all.</param>
    /// <param name="everyVersion">True for the other versions of it too.</param>
    internal IEnumerable<ServedModel> Of(ServedModel? model, bool everyVersion) => models.Where(other =>
        model is null || ReferenceEquals(other, model) || (everyVersion && other.Name == model.Name));

    /// <summary>Body of a model's metadata, with every version that can be asked.</summary>
    internal byte[] WriteMetadata(ServedModel model) => MetadataWriter.Model(
        model.Name, Of(model, everyVersion: true).Select(static m => m.Version), model.Platform, model.Signature);

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
