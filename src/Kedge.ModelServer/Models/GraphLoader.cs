using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Imaging;
using Kedge.Inference.Errors;
using Kedge.Inference.Graphs;
using Kedge.Inference.Sessions;

namespace Kedge.ModelServer.Models;

/// <summary>
/// Loads a graph: its file, the models and labels that lie beside it, and the libraries that decode images where it
/// decodes any. Everything is found wrong at once, before the first request.
/// </summary>
internal sealed class GraphLoader
{
    private readonly string _folder;
    private readonly GraphSpec _spec;
    private readonly Dictionary<string, IInferenceSession> _models = new(StringComparer.Ordinal);

    private GraphLoader(string path)
    {
        _folder = Path.GetDirectoryName(path) ?? "/";
        if (!GraphSpec.TryParse(Read(path, GraphLimits.FileBytesMax), out GraphSpec? spec, out var findings))
        {
            throw Unusable(path, findings);
        }

        _spec = spec;
    }

    /// <summary>A session that computes the graph.</summary>
    /// <param name="path">The graph file.</param>
    /// <param name="ownModel">The package's own model.</param>
    /// <param name="open">Loads a model's file.</param>
    /// <exception cref="KedgeException">
    /// The graph is wrong (KEDGE-SERVE-041), an image library is absent (KEDGE-SERVE-040), or what
    /// <paramref name="open"/> throws.
    /// </exception>
    internal static GraphSession Load(string path, string ownModel, Func<string, IInferenceSession> open)
    {
        GraphLoader loader = new(path);
        try
        {
            return loader.Make(path, ownModel, open);
        }
        catch
        {
            foreach (IInferenceSession model in loader._models.Values)
            {
                model.Dispose();
            }

            throw;
        }
    }

    private GraphSession Make(string path, string ownModel, Func<string, IInferenceSession> open)
    {
        if (_spec.RunsOwnModel)
        {
            _models.Add(GraphSpec.OwnModel, open(ownModel));
        }

        foreach (GraphModelSpec model in _spec.Models)
        {
            if (_models.ContainsKey(model.Name))
            {
                throw Unusable(path, [GraphErrors.Unreadable.At($"There are two models '{model.Name}'.", "models")]);
            }

            if (ModelFormats.OfFile(model.File) is not (ModelFormat.Onnx or ModelFormat.TfLite))
            {
                throw Unusable(
                    path, [GraphErrors.PartAbsent.At($"'{model.File}' is no .onnx and no .tflite file.", "models")]);
            }

            _models.Add(model.Name, open(Path.Combine(_folder, model.File)));
        }

        GraphParts parts = new()
        {
            Models = _models.ToImmutableDictionary(
                static pair => pair.Key, static pair => pair.Value.Signature, StringComparer.Ordinal),
            Labels = _spec.LabelFiles.ToImmutableDictionary(
                static file => file, ReadNamedLabels, StringComparer.Ordinal),
        };
        if (!GraphPlan.TryMake(_spec, parts, out GraphPlan? plan, out ImmutableArray<Finding> findings))
        {
            throw Unusable(path, findings);
        }

        return new GraphSession(
            plan,
            _models.ToImmutableDictionary(StringComparer.Ordinal),
            _spec.DecodesImages ? new NativeImages().Decode : null);
    }

    /// <summary>Reads a file of labels.</summary>
    /// <exception cref="KedgeException">It is none (KEDGE-SERVE-041).</exception>
    internal static ImmutableArray<ImmutableArray<byte>> ReadLabels(string path) =>
        GraphParts.TryReadLabels(
            Read(path, GraphLimits.LabelsBytesMax), out ImmutableArray<ImmutableArray<byte>> labels, out Finding? fault)
            ? labels
            : throw Unusable(path, [fault]);

    private ImmutableArray<ImmutableArray<byte>> ReadNamedLabels(string file) => GraphSpec.IsFileName(file)
        ? ReadLabels(Path.Combine(_folder, file))
        : throw Unusable(
            Path.Combine(_folder, file), [GraphErrors.PartAbsent.At($"'{file}' is no name of a file.", "labels")]);

    private static byte[] Read(string path, int bytesMax)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] read = new byte[Math.Min(file.Length, bytesMax + 1L)];
            file.ReadExactly(read);
            return read;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KedgeException(ServeErrors.GraphUnusable, $"{path} cannot be read: {failure.Message}", failure);
        }
    }

    private static KedgeException Unusable(string path, ImmutableArray<Finding> findings) =>
        new(ServeErrors.GraphUnusable, $"{path}: {string.Join(" ", findings)}");
}
