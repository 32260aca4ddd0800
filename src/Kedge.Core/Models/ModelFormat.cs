namespace Kedge.Core.Models;

/// <summary>What kind of file a model is. An allow-list: what is not here is never given to a runtime.</summary>
public enum ModelFormat
{
    /// <summary>Not known to this version; never accepted.</summary>
    Unknown = 0,

    /// <summary>ONNX <c>ModelProto</c>, protocol buffers.</summary>
    Onnx = 1,

    /// <summary>TensorFlow Lite, FlatBuffers with the identifier <c>TFL3</c>.</summary>
    TfLite = 2,
}
