using Kedge.Core.Errors;

namespace Kedge.Inference.Errors;

/// <summary>What can go wrong in the model server as a process.</summary>
public static class ServeErrors
{
    /// <summary>The configuration file is wrong.</summary>
    public static readonly ErrorCode ConfigInvalid = new(
        "KEDGE-SERVE-001",
        "The configuration file of kedge-serve is not valid.",
        "Correct the fields that are named; docs/protocol/control-socket.md lists them all.");

    /// <summary>The configuration file cannot be read.</summary>
    public static readonly ErrorCode ConfigUnreadable = new(
        "KEDGE-SERVE-002",
        "The configuration file of kedge-serve cannot be read.",
        "Check that the path exists and that the user of the process may read it.");

    /// <summary>The native runtime is not there.</summary>
    public static readonly ErrorCode RuntimeAbsent = new(
        "KEDGE-SERVE-003",
        "The native ONNX Runtime library was not found or cannot be loaded.",
        "Run eng/native/fetch, install the package that brings it, or name the file in KEDGE_ORT_LIB.");

    /// <summary>A model file cannot be loaded.</summary>
    public static readonly ErrorCode ModelLoadFailed = new(
        "KEDGE-SERVE-004",
        "A model could not be loaded.",
        "The message carries what the runtime said; push a model that this runtime can load.");

    /// <summary>A socket cannot be opened.</summary>
    public static readonly ErrorCode SocketUnavailable = new(
        "KEDGE-SERVE-005",
        "A Unix socket of kedge-serve cannot be opened.",
        "Check that the folder exists and is writable for the user of the process.");

    /// <summary>A control line is not understood.</summary>
    public static readonly ErrorCode ControlLineInvalid = new(
        "KEDGE-SERVE-006",
        "A line on the control socket is not a request that this version knows.",
        "Use an agent and a model server of versions that fit; docs/protocol/control-socket.md lists the requests.");

    /// <summary>listen came without a usable socket.</summary>
    public static readonly ErrorCode ListenerInvalid = new(
        "KEDGE-SERVE-007",
        "The descriptor handed over with 'listen' is not a listening stream socket.",
        "Send exactly one descriptor of a TCP or Unix socket that listens already.");

    /// <summary>shadow came without a usable connection, or without its figures.</summary>
    public static readonly ErrorCode ShadowInvalid = new(
        "KEDGE-SERVE-009",
        "A comparison with another model server was asked for in a way that cannot be done.",
        "Send 'shadow' with its figures and one connected Unix socket; docs/protocol/control-socket.md has them.");

    /// <summary>The request does not fit the state.</summary>
    public static readonly ErrorCode StateConflict = new(
        "KEDGE-SERVE-008",
        "The model server cannot do this in the state it is in.",
        "Ask for 'status' and wait until the state allows it.");

    /// <summary>Somebody unloaded it.</summary>
    public static readonly ErrorCode ModelUnloaded = new(
        "KEDGE-SERVE-020",
        "The model was unloaded by request, or was never loaded.",
        "Load it again: POST /v2/repository/models/NAME/load, where the device opens that.");

    /// <summary>It does not fit into the memory of all models.</summary>
    public static readonly ErrorCode ModelTooLarge = new(
        "KEDGE-SERVE-021",
        "A model takes more memory than all models of the deployment together may take.",
        "Raise spec.modelMemory of the deployment, or deploy a smaller variant.");

    /// <summary>Too many wait for loads.</summary>
    public static readonly ErrorCode LoadQueueFull = new(
        "KEDGE-SERVE-022",
        "Too many requests wait for models to be loaded.",
        "Send the request again later; raise spec.modelMemory where models push each other out all the time.");

    /// <summary>The load took longer than the request could wait.</summary>
    public static readonly ErrorCode LoadTooSlow = new(
        "KEDGE-SERVE-023",
        "The model was not in memory and was not loaded within the time that the request allows.",
        "Send the request again with a longer timeout, or raise spec.modelMemory so that the model stays.");

    /// <summary>No such model to load or unload.</summary>
    public static readonly ErrorCode ModelNotListed = new(
        "KEDGE-SERVE-024",
        "A model was to be loaded or unloaded that the configuration of this server does not list.",
        "Read the names from the repository index; a new model comes by a deployment.");

    /// <summary>A run was ended.</summary>
    public static readonly ErrorCode RunStopped = new(
        "KEDGE-SERVE-030",
        "The computation was ended before it was done: whoever asked has gone, or its time was over.",
        "Ask again; allow more time where the model needs it.");

    /// <summary>TensorFlow Lite is not there.</summary>
    public static readonly ErrorCode TfLiteAbsent = new(
        "KEDGE-SERVE-031",
        "The native TensorFlow Lite library was not found or cannot be loaded.",
        "Run eng/native/fetch, install the package that brings it, or name the file in KEDGE_TFLITE_LIB.");

    /// <summary>An execution provider cannot be used.</summary>
    public static readonly ErrorCode ProviderUnusable = new(
        "KEDGE-SERVE-032",
        "An execution provider of ONNX Runtime cannot be used on this device.",
        "Check that its library is made for this device and this runtime; docs/operations/runtimes.md says how.");

    /// <summary>A delegate cannot be used.</summary>
    public static readonly ErrorCode DelegateUnusable = new(
        "KEDGE-SERVE-033",
        "A delegate of TensorFlow Lite cannot be used on this device.",
        "Check that its library is the right one for this device; docs/operations/runtimes.md says how.");

    /// <summary>What was told is not kept.</summary>
    public static readonly ErrorCode StateUnkept = new(
        "KEDGE-SERVE-047",
        "What the model server was told since it began to serve cannot be kept or read: which models are unloaded, and "
        + "the settings of traces and of the log.",
        "Read the reason in the message. It serves all the same; its successor would begin as its release says.");

    /// <summary>A library that decodes images is absent.</summary>
    public static readonly ErrorCode ImagingAbsent = new(
        "KEDGE-SERVE-040",
        "A graph decodes images, and a native library for that is absent or cannot be loaded.",
        "Install libturbojpeg0 and libspng0, or run eng/native/fetch-imaging and set KEDGE_IMAGING_LIBS.");

    /// <summary>A graph cannot be loaded.</summary>
    public static readonly ErrorCode GraphUnusable = new(
        "KEDGE-SERVE-041",
        "The graph of a model cannot be read, or does not fit its models.",
        "Read the finding in the message; push the package again with the graph mended.");
}
