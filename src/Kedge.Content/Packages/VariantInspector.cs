using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Kedge.Content.Chunking;
using Kedge.Content.Formats;
using Kedge.Content.Gate;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// Looks over the files of one variant: the gate, then chunks and digests. A file that the gate walks whole is read
/// once, so that what was judged is what is packaged; weights of any size pass through a small buffer. The memory
/// taken is that of the largest file that is walked, and a constant.
/// </summary>
public static class VariantInspector
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Inspects. Throws only what the files' readers throw.</summary>
    public static VariantOutcome Inspect(VariantRequest request)
    {
        if (request.Siblings.Length >= ModelLimits.FilesPerVariantMax)
        {
            return Refuse(ModelErrors.Count.At(
                $"{request.Model.Name}: there are {request.Siblings.Length + 1} files; 1 to "
                + $"{ModelLimits.FilesPerVariantMax} are allowed."));
        }

        ImmutableArray<Finding> wrong = [.. Files(request).Select(Length).OfType<Finding>()];
        if (!wrong.IsEmpty)
        {
            return new VariantOutcome.Refused(wrong);
        }

        if (Judged(request.Model, out ModelFile model) is { } refusal)
        {
            return Refuse(refusal);
        }

        return ModelGate.Inspect(model, request.Siblings) switch
        {
            GateOutcome.Accepted gate => Cut(request, model, gate),
            GateOutcome.Refused refused => new VariantOutcome.Refused(refused.Findings),
            _ => throw Check.Unreachable(),
        };
    }

    /// <summary>What is said of a file that is not what it was when it was looked at.</summary>
    internal static Finding Changed(ModelFile file) => ContentErrors.FileChanged.At(
        $"{file.Name} is not what it was when it was looked at.");

    private static VariantOutcome.Refused Refuse(Finding finding) => new([finding]);

    private static IEnumerable<ModelFile> Files(VariantRequest request) => [request.Model, .. request.Siblings];

    private static Finding? Length(ModelFile file) => file.Bytes switch
    {
        0 => ContentErrors.NotAModel.At($"{file.Name} is empty."),
        > ModelLimits.FileBytesMax => ContentErrors.TooLarge.At(
            $"{file.Name} has {file.Bytes} bytes; at most {ModelLimits.FileBytesMax} are allowed."),
        _ => null,
    };

    /// <summary>
    /// The file as the gate is given it: in memory where it is walked whole, else as it is, since its header says all.
    /// </summary>
    private static Finding? Judged(ModelFile file, out ModelFile judged)
    {
        judged = file;
        byte[] head = new byte[(int)Math.Min(FileSignature.HeadBytes, file.Bytes)];
        if (!file.TryFill(0, head))
        {
            return Changed(file);
        }

        if (FileSignature.Refusal(head) is not null
            || FileSignature.FormatOf(head) is not (ModelFormat.Onnx or ModelFormat.TfLite))
        {
            return null;
        }

        if (ModelGate.LengthRefusal(file.Name, file.Bytes) is { } refusal)
        {
            return refusal;
        }

        byte[] whole = new byte[file.Bytes];
        if (!file.TryFill(0, whole))
        {
            return Changed(file);
        }

        judged = ModelFile.Of(file.Name, whole);
        return null;
    }

    /// <summary>Cuts what was judged; whoever reads later reads the request's own files, so that memory is let
    /// go.</summary>
    private static VariantOutcome Cut(VariantRequest request, ModelFile judged, GateOutcome.Accepted gate)
    {
        ImmutableArray<PackageFile>.Builder files = ImmutableArray.CreateBuilder<PackageFile>();
        string entry = "model." + PackageWords.Ending(gate.Format);
        foreach (ModelFile file in Files(request with { Model = judged }))
        {
            if (!TryCut(files.Count == 0 ? entry : file.Name, file, out PackageFile? cut))
            {
                return Refuse(Changed(file));
            }

            files.Add(cut);
        }

        long bytes = files.Sum(static file => file.Bytes);
        return new VariantOutcome.Ready
        {
            Gate = gate,
            Variant = new ModelVariant
            {
                Name = request.Name.Length > 0 ? request.Name : $"{PackageWords.Of(gate.Format)}-{gate.Precision}",
                Format = gate.Format,
                Precision = gate.Precision,
                Accelerator = request.Accelerator,
                Architectures = request.Architectures,
                IsaFeatures = request.IsaFeatures,
                MemoryBytes = WorkingSetBytes(bytes, gate.ParameterBytes),
                Files = files.DrainToImmutable(),
                EntryFile = entry,
                Costs = request.Costs,
                Tolerance = request.Tolerance,
            },
            Files = [.. Files(request)],
        };
    }

    private static bool TryCut(
        string path, ModelFile file, [NotNullWhen(true)] out PackageFile? cut)
    {
        cut = null;
        using FileChunker chunker = new(file.Bytes);
        byte[] buffer = new byte[(int)Math.Min(BufferBytes, file.Bytes)];
        for (long offset = 0; offset < file.Bytes;)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Bytes - offset));
            if (!file.TryFill(offset, piece))
            {
                return false;
            }

            chunker.Push(piece);
            offset += piece.Length;
        }

        cut = chunker.Finish(path);
        return true;
    }

    /// <summary>The runtime, the files while they are parsed, and the weights as the runtime lays them out.</summary>
    private static long WorkingSetBytes(long fileBytes, long parameterBytes) =>
        ContentLimits.RuntimeBytes + fileBytes + parameterBytes;
}
