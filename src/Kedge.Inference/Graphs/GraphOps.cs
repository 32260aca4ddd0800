using System.Collections.Frozen;
using Kedge.Inference.Graphs.Steps;

namespace Kedge.Inference.Graphs;

/// <summary>Every op by its word, and how a step of it is made.</summary>
public static class GraphOps
{
    /// <summary>The op that decodes an image.</summary>
    public const string DecodeImage = "decodeImage";

    /// <summary>The op that runs a model.</summary>
    public const string Model = "model";

    private static readonly FrozenDictionary<string, Func<StepDraft, GraphStep?>> ByWord =
        new Dictionary<string, Func<StepDraft, GraphStep?>>(StringComparer.Ordinal)
        {
            [DecodeImage] = DecodeStep.Make,
            ["resize"] = ResizeStep.Make,
            ["letterbox"] = LetterboxStep.Make,
            ["centreCrop"] = CropStep.Make,
            ["reorderChannels"] = ReorderStep.Make,
            ["normalise"] = NormaliseStep.Make,
            ["toPlanes"] = PlanesStep.Make,
            ["cast"] = CastStep.Make,
            ["softmax"] = SoftmaxStep.Make,
            ["sigmoid"] = SigmoidStep.Make,
            ["argmax"] = ArgmaxStep.Make,
            ["topK"] = TopKStep.Make,
            ["nonMaxSuppression"] = SuppressionStep.Make,
            ["scaleBoxes"] = ScaleBoxesStep.Make,
            ["gather"] = GatherStep.Make,
            ["transpose"] = TransposeStep.Make,
            ["reshape"] = ReshapeStep.Make,
            [Model] = ModelStep.Make,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every word, in order.</summary>
    public static IEnumerable<string> Words => ByWord.Keys.Order(StringComparer.Ordinal);

    /// <summary>How a step of this op is made; null when there is no such op.</summary>
    internal static Func<StepDraft, GraphStep?>? Find(string word) => ByWord.GetValueOrDefault(word);
}
