using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>Generated JSON of the configuration file and the control lines. Unknown fields are skipped.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServeConfig))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
[JsonSerializable(typeof(RegionRequest))]
[JsonSerializable(typeof(RegionReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
