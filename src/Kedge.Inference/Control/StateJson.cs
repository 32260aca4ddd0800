using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>
/// Generated JSON of what a model server keeps for its successor. Apart from <see cref="ControlJson"/>: an agent only
/// hands it on, and need not carry how it is read.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServeState))]
internal sealed partial class StateJson : JsonSerializerContext;
