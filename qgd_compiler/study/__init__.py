"""What a spec says, read and measured, and the linear systems that follow from it."""

from qgd_compiler.study.assumptions import Progress
from qgd_compiler.study.hessian import HessianStudy, study_hessian
from qgd_compiler.study.reading import Study, study
from qgd_compiler.study.refusals import refuse_what_is_absent

__all__ = ["HessianStudy", "Progress", "Study", "refuse_what_is_absent", "study", "study_hessian"]
