using System.Collections.Immutable;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>The answer to an inference request.</summary>
/// <param name="Model">Name of the model that answered.</param>
/// <param name="Version">Its version.</param>
/// <param name="Id">The request's id; empty when it had none.</param>
/// <param name="Outputs">In the order of the answer.</param>
public sealed record InferenceAnswer(string Model, string Version, string Id, ImmutableArray<Tensor> Outputs);
