using Kedge.Content.Packages;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.TfLite;

namespace Kedge.Cli.Models;

/// <summary>A variant that passed the gate, with the file that it was read from.</summary>
/// <param name="Ready">What was found.</param>
/// <param name="Path">The model's file.</param>
internal sealed record PushedVariant(VariantOutcome.Ready Ready, string Path)
{
    /// <summary>Its name in the package.</summary>
    public string Name => Ready.Variant.Name;

    /// <summary>What is computed around it; null for nothing.</summary>
    public PushedGraph? Graph { get; init; }

    /// <summary>True where it takes weights from files beside it.</summary>
    public bool HasWeightsBeside { get; init; }

    /// <summary>True when this program has all that runs it.</summary>
    public bool RunsHere => IsComputedHere && Graph is not { RunsHere: false };

    private bool IsComputedHere => Ready.Variant.Format == ModelFormat.Onnx
        || (Ready.Variant.Format == ModelFormat.TfLite && TfLiteLibrary.Candidates(null).Any(File.Exists));

    /// <summary>The runtime that runs it here.</summary>
    public string RuntimeName => Ready.Variant.Format == ModelFormat.TfLite ? "TensorFlow Lite" : "ONNX Runtime";

    /// <summary>Its files by their names in the author's folder.</summary>
    public IEnumerable<SignedFile> SignedFiles() => Ready.Files.Zip(
        Ready.Variant.Files, static (file, packaged) => new SignedFile(file.Name, packaged.Digest));

    /// <summary>Loads it as a device will: the model alone, or the graph around it.</summary>
    public IInferenceSession Open() => Graph is null ? OpenModel() : Graph.Open(OpenModel());

    /// <summary>
    /// Loads it into the bare runtime: the bytes that passed the gate. Only a model that reads weights beside it is
    /// loaded by its path, since the runtime looks for them there.
    /// </summary>
    private IInferenceSession OpenModel()
    {
        if (Ready.ReadModel(out byte[] model) is { } changed)
        {
            throw new CliException([changed], ExitCodes.Refused);
        }

        try
        {
            return Ready.Variant.Format == ModelFormat.TfLite
                ? TfLiteSession.FromBytes(model, new TfLiteSessionOptions())
                : HasWeightsBeside
                ? OnnxSession.FromFile(Path, new OnnxSessionOptions())
                : OnnxSession.FromBytes(model, new OnnxSessionOptions());
        }
        catch (KedgeException exception)
        {
            throw new CliException(
                [CliErrors.NotRunnable.At(exception.Finding.ToString())], ExitCodes.Refused, exception);
        }
    }
}
