// SPDX-License-Identifier: Apache-2.0
// What the parameters of convolutions and pools have in common: a kernel that moves over a map.

import CNNQ

/// Parameters of an op with a window, named as in ops.def.
protocol WindowParameters {
    var kernel_height: Int32 { get }
    var kernel_width: Int32 { get }
    var stride_height: Int32 { get }
    var stride_width: Int32 { get }
    var dilation_height: Int32 { get }
    var dilation_width: Int32 { get }
    var pad_top: Int32 { get set }
    var pad_bottom: Int32 { get set }
    var pad_left: Int32 { get set }
    var pad_right: Int32 { get set }
}

extension nnq_conv2d_params: WindowParameters {}

extension nnq_depthwise_conv2d_params: WindowParameters {}

extension nnq_max_pool_params: WindowParameters {
    var dilation_height: Int32 { 1 }
    var dilation_width: Int32 { 1 }
}

extension nnq_average_pool_params: WindowParameters {
    var dilation_height: Int32 { 1 }
    var dilation_width: Int32 { 1 }
}

extension WindowParameters {
    /// Top, bottom, left, right.
    var pads: [Int32] {
        get { [pad_top, pad_bottom, pad_left, pad_right] }
        set { (pad_top, pad_bottom, pad_left, pad_right) = (newValue[0], newValue[1], newValue[2], newValue[3]) }
    }

    /// With these pads outside of its own; nil where one is larger than a convolution can have.
    func adding(_ outer: [Int32]) -> Self? {
        let sums = zip(pads, outer).map(+)
        guard sums.allSatisfy({ $0 <= 255 }) else { return nil }
        var result = self
        result.pads = sums
        return result
    }

    /// True where each pad is smaller than the kernel in its direction, as pools demand.
    var hasPadsOfPools: Bool {
        max(pad_top, pad_bottom) < kernel_height && max(pad_left, pad_right) < kernel_width
    }
}
