namespace Kedge.Inference.Onnx.Native;

/// <summary>Which thread leads a run.</summary>
internal enum OrtLeader
{
    /// <summary>None was chosen.</summary>
    Unknown,

    /// <summary>Its caller, and it is over soon.</summary>
    CallerOfShort,

    /// <summary>Its caller, who is the only one with a long run.</summary>
    CallerOfLong,

    /// <summary>A thread of the session's pool, while its caller sleeps.</summary>
    Pool,
}
