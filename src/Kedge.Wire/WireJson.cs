using System.Text.Json;
using System.Text.Json.Serialization;
using Kedge.Core.Fleet;
using Kedge.Wire.Asking;
using Kedge.Wire.Enrolment;
using Kedge.Wire.Neighbours;
using Kedge.Wire.Reported;

namespace Kedge.Wire;

/// <summary>Generated JSON of the messages that cross the link.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(UpMessage))]
[JsonSerializable(typeof(AskMessage))]
[JsonSerializable(typeof(DeviceFacts))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(TrustDocuments))]
[JsonSerializable(typeof(ProblemResponse))]
[JsonSerializable(typeof(RosterMessage))]
[JsonSerializable(typeof(OfferMessage))]
public sealed partial class WireJson : JsonSerializerContext;
