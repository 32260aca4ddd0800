using System.Buffers;
using System.Buffers.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// decodeImage: BYTES of one element to UINT8 <c>[height, width, channels]</c>. JSON carries text only, so base64 of an
/// image is taken too.
/// </summary>
internal sealed class DecodeStep : GraphStep
{
    internal required ImageTerms Terms { get; init; }

    internal required bool IsBgr { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Bytes);
        draft.NeedRank(0, 0, 2);
        if (draft.Holds && draft.Inputs[0].Shape.Any(static size => size is not (1 or -1)))
        {
            draft.Fault($"it decodes one image, and {draft.Inputs[0]} is not one element.", "inputs");
        }

        string colour = draft.Word("colour", "rgb", "bgr", "grey");
        ImageTerms terms = new(
            colour == "grey" ? 1 : 3,
            draft.Whole("pixelsMax", 1, GraphLimits.PixelsMax, GraphLimits.PixelsMax),
            draft.Flag("upright", true));
        draft.Make(TensorType.UInt8, -1, -1, terms.Channels);
        return new DecodeStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Terms = terms,
            IsBgr = colour == "bgr",
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor file = In(run, 0);
        if (file.TextCount != 1)
        {
            return Fail($"it decodes one image, and the request brings {file.TextCount}.");
        }

        ReadOnlySpan<byte> bytes = file.Text(0);
        if (bytes.Length > GraphLimits.ImageBytesMax)
        {
            return GraphErrors.ImageTooLarge.At("The image has more than 67108864 bytes.");
        }

        if (IsBase64(bytes) && !TryDecode(ref bytes, run.Scratch))
        {
            return GraphErrors.ImageInvalid.At("The text is not base64.");
        }

        Tensor pixels = run[Outputs[0].Slot];
        pixels.Begin(Outputs[0].Name, TensorType.UInt8);
        Finding? fault = run.Session.Decoder(bytes, Terms, pixels);
        if (fault is null && IsBgr)
        {
            ReorderStep.Reorder(pixels.Bytes, pixels.Bytes, [2, 1, 0]);
        }

        return fault;
    }

    /// <summary>The first bytes of a JPEG or PNG as base64; no image begins so itself.</summary>
    private static bool IsBase64(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("/9j/"u8) || bytes.StartsWith("iVBORw0K"u8);

    private static bool TryDecode(ref ReadOnlySpan<byte> bytes, GraphScratch scratch)
    {
        Span<byte> room = scratch.Take<byte>(5, Base64.GetMaxDecodedFromUtf8Length(bytes.Length));
        bool holds = Base64.DecodeFromUtf8(bytes, room, out _, out int written) == OperationStatus.Done;
        bytes = room[..written];
        return holds;
    }
}
