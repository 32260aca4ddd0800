namespace Kedge.Inference.Onnx.Native;

/// <summary>Which thread leads a run.</summary>
internal enum OrtLeader
{
    /// <summary>None was chosen.</summary>
    Unknown,

    /// <summary>Its caller, without a seat.</summary>
    Caller,

    /// <summary>Its caller, who has a seat until the run ends.</summary>
    SeatedCaller,

    /// <summary>A thread of the session's pool, while its caller sleeps.</summary>
    Pool,
}
