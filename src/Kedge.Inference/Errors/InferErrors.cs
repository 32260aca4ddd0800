using Kedge.Core.Errors;

namespace Kedge.Inference.Errors;

/// <summary>What can go wrong with one inference request. The code stands at the start of the answer's error.</summary>
public static class InferErrors
{
    /// <summary>The body is not JSON.</summary>
    public static readonly ErrorCode JsonInvalid = new(
        "KEDGE-INFER-001",
        "The body is not valid JSON.",
        "Send one JSON object as the Open Inference Protocol describes it.");

    /// <summary>The JSON is not a request.</summary>
    public static readonly ErrorCode RequestInvalid = new(
        "KEDGE-INFER-002",
        "The JSON is not an inference request.",
        "Give 'inputs' as a list of objects with name, shape, datatype and data.");

    /// <summary>A tensor name is not known.</summary>
    public static readonly ErrorCode TensorUnknown = new(
        "KEDGE-INFER-003",
        "The model has no input or output of this name.",
        "Read the names from the model's metadata: GET /v2/models/NAME.");

    /// <summary>Shape and data disagree.</summary>
    public static readonly ErrorCode ShapeMismatch = new(
        "KEDGE-INFER-004",
        "The shape, the data and what the model declares do not agree.",
        "Make the number of elements the product of the shape, and the shape one that the model takes.");

    /// <summary>Datatype mismatch.</summary>
    public static readonly ErrorCode DatatypeMismatch = new(
        "KEDGE-INFER-005",
        "The datatype is unknown or not the one that the model declares.",
        "Read the datatypes from the model's metadata: GET /v2/models/NAME.");

    /// <summary>A value does not fit its datatype.</summary>
    public static readonly ErrorCode ValueInvalid = new(
        "KEDGE-INFER-006",
        "A value does not fit the datatype of its tensor.",
        "Send numbers within the range of the datatype, true and false for BOOL, strings for BYTES.");

    /// <summary>An input is missing or given twice.</summary>
    public static readonly ErrorCode InputMissing = new(
        "KEDGE-INFER-007",
        "An input of the model is missing from the request, or is given twice.",
        "Send every declared input exactly once.");

    /// <summary>Too large.</summary>
    public static readonly ErrorCode TooLarge = new(
        "KEDGE-INFER-008",
        "The request or one of its tensors is larger than this server takes.",
        "Send less at once, or raise requestBytesMax.");

    /// <summary>No such model.</summary>
    public static readonly ErrorCode ModelUnknown = new(
        "KEDGE-INFER-009",
        "This server has no model of this name and version.",
        "Read what it has from the deployment, and check name and version in the address.");

    /// <summary>No such address.</summary>
    public static readonly ErrorCode AddressUnknown = new(
        "KEDGE-INFER-010",
        "This server has nothing at this address, or not for this method.",
        "See docs/protocol/inference.md for what it answers.");

    /// <summary>The runtime failed.</summary>
    public static readonly ErrorCode RunFailed = new(
        "KEDGE-INFER-011",
        "The runtime could not compute the model on these inputs.",
        "Check the shapes against each other; the message carries what the runtime said.");

    /// <summary>A type that the protocol cannot carry.</summary>
    public static readonly ErrorCode TypeInexpressible = new(
        "KEDGE-INFER-012",
        "The model has an input or output of a type that the Open Inference Protocol cannot carry.",
        "Export the model with tensors of numbers, booleans or strings only.");

    /// <summary>Golden set invalid.</summary>
    public static readonly ErrorCode GoldenInvalid = new(
        "KEDGE-INFER-013",
        "The golden samples cannot be read.",
        "Write golden.json as docs/protocol/inference.md describes it.");

    /// <summary>Output cannot be written as JSON.</summary>
    public static readonly ErrorCode OutputInexpressible = new(
        "KEDGE-INFER-014",
        "An output holds bytes that are not UTF-8, which JSON cannot carry.",
        "Ask for another output, or for this one as binary data.");

    /// <summary>A sequence.</summary>
    public static readonly ErrorCode SequenceUnsupported = new(
        "KEDGE-INFER-020",
        "The request belongs to a sequence, and this server keeps no state between requests.",
        "Leave sequence_id, sequence_start and sequence_end out, and send what the model needs with every request.");

    /// <summary>A parameter of one of Triton's extensions.</summary>
    public static readonly ErrorCode ParameterInvalid = new(
        "KEDGE-INFER-021",
        "A parameter of the request is not what the protocol makes of it.",
        "Correct the parameter that is named; docs/protocol/inference.md has them all.");

    /// <summary>An encoding that is not understood.</summary>
    public static readonly ErrorCode EncodingUnsupported = new(
        "KEDGE-INFER-022",
        "The body is encoded in a way that this server does not read.",
        "Send it as it is, or with Content-Encoding gzip or deflate.");

    /// <summary>A compressed body that is broken.</summary>
    public static readonly ErrorCode EncodingBroken = new(
        "KEDGE-INFER-023",
        "The compressed body cannot be read.",
        "Compress the whole body with what Content-Encoding says; deflate means the zlib format.");

    /// <summary>Control that is closed on this socket.</summary>
    public static readonly ErrorCode ControlClosed = new(
        "KEDGE-INFER-024",
        "This is not open on the public socket of this server.",
        "Ask on the server's own socket, or let the device's own agent.json open it by openControl.");

    /// <summary>No such shared memory.</summary>
    public static readonly ErrorCode RegionUnknown = new(
        "KEDGE-INFER-025",
        "The request names shared memory that this server does not have.",
        "Hand the memory over first, and keep that connection open; sharedMemory must be on.");

    /// <summary>Shared memory that does not fit.</summary>
    public static readonly ErrorCode RegionTooSmall = new(
        "KEDGE-INFER-026",
        "A tensor does not fit the shared memory that is named for it.",
        "Let offset and byte size lie within the region; an input has exactly the bytes of its shape.");

    /// <summary>A setting that is not taken.</summary>
    public static readonly ErrorCode SettingInvalid = new(
        "KEDGE-INFER-027",
        "A setting of traces or of the log is unknown, or its value is not taken.",
        "Read the settings first, and send back those that are to change.");

    /// <summary>Shared memory that is not taken.</summary>
    public static readonly ErrorCode RegionRefused = new(
        "KEDGE-INFER-028",
        "The memory that was handed over is not taken as a shared region.",
        "Send a memfd that is sealed against shrinking and as large as it says, as docs/protocol/inference.md has it.");

    /// <summary>An output that cannot be classified.</summary>
    public static readonly ErrorCode ClassificationImpossible = new(
        "KEDGE-INFER-029",
        "This output cannot be classified.",
        "Ask for classes of an output of numbers only.");

    /// <summary>The queue is full.</summary>
    public static readonly ErrorCode QueueFull = new(
        "KEDGE-INFER-030",
        "More requests wait for this model than may wait.",
        "Come again after the time in Retry-After; raise queueMax, or give the model more processors.");

    /// <summary>A request waited too long.</summary>
    public static readonly ErrorCode QueueTimeout = new(
        "KEDGE-INFER-031",
        "The request waited longer than it may, and was not computed.",
        "Come again after the time in Retry-After, or allow a longer timeout.");

    /// <summary>Whoever asked has gone.</summary>
    public static readonly ErrorCode ClientGone = new(
        "KEDGE-INFER-032",
        "Whoever sent the request has gone; it was not computed.",
        "Keep the connection open until the answer is there.");

    /// <summary>More rows than a batch takes.</summary>
    public static readonly ErrorCode BatchTooLarge = new(
        "KEDGE-INFER-033",
        "The request has more rows in its first axis than this model computes at once.",
        "Send the rows in several requests, or raise batching.maxSize.");

    /// <summary>Inputs with different numbers of rows.</summary>
    public static readonly ErrorCode BatchRagged = new(
        "KEDGE-INFER-034",
        "The inputs of the request do not have the same number of rows in their first axis.",
        "Give every input of a batched model as many rows as the others.");

    /// <summary>The model cannot be batched.</summary>
    public static readonly ErrorCode BatchImpossible = new(
        "KEDGE-INFER-035",
        "Batching is asked for a model whose tensors do not all begin with an axis of any size.",
        "Export the model with a dynamic first axis on every input and output, or leave batching out.");

    /// <summary>No protobuf message.</summary>
    public static readonly ErrorCode MessageInvalid = new(
        "KEDGE-INFER-040",
        "The body of a gRPC call is not a message of protobuf, or not framed as gRPC has it.",
        "Send what a client generated from docs/protocol/open_inference.proto sends.");

    /// <summary>A protobuf message that is no request.</summary>
    public static readonly ErrorCode GrpcRequestInvalid = new(
        "KEDGE-INFER-041",
        "The message of a gRPC call is not a request that can be answered.",
        "Follow docs/protocol/grpc.md: contents or raw_input_contents for every input, each output once.");

    /// <summary>Compression unknown.</summary>
    public static readonly ErrorCode EncodingUnknown = new(
        "KEDGE-INFER-042",
        "The messages of a gRPC call are compressed in a way that this server does not know.",
        "Compress with gzip, or not at all.");

    /// <summary>No such call.</summary>
    public static readonly ErrorCode CallUnknown = new(
        "KEDGE-INFER-043",
        "This server does not answer this gRPC call.",
        "See docs/protocol/grpc.md for the calls that it answers.");

    /// <summary>The caller's time has passed.</summary>
    public static readonly ErrorCode DeadlinePassed = new(
        "KEDGE-INFER-044",
        "The time that the caller gave had passed before the answer was there.",
        "Give more time, or send less at once.");

    /// <summary>A stream ends because the server does.</summary>
    public static readonly ErrorCode StreamEnded = new(
        "KEDGE-INFER-045",
        "The server is being replaced and has ended the stream; every message it had read is answered.",
        "Open the stream again and send what was not answered.");

    /// <summary>An answer that no message can carry.</summary>
    public static readonly ErrorCode AnswerTooLarge = new(
        "KEDGE-INFER-046",
        "The outputs are larger than a message of gRPC may be.",
        "Ask for fewer outputs at once, or send a smaller batch.");

    /// <summary>Another repository than the one there is.</summary>
    public static readonly ErrorCode RepositoryNamed = new(
        "KEDGE-INFER-057",
        "The call names a model repository, and a server has only its own.",
        "Leave repository_name empty.");
}
